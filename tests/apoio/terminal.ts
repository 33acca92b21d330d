import { spyOn } from 'bun:test';
import * as saida from '../../lib/programa/imprimir.ts';

/** A saída de erros como um terminal, ou não, e um relógio que só anda quando se manda. */
export function terminal(ehTerminal = true) {
  const antes = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
  Object.defineProperty(process.stderr, 'isTTY', { value: ehTerminal, configurable: true });
  const escrito: string[] = [];
  spyOn(saida, 'enfileirarErro').mockImplementation((texto) => {
    escrito.push(texto);
  });
  let agora = 5000;
  spyOn(performance, 'now').mockImplementation(() => agora);
  return {
    escrito,
    passar: (ms: number) => {
      agora += ms;
    },
    [Symbol.dispose]() {
      Object.defineProperty(process.stderr, 'isTTY', antes ?? { value: undefined, configurable: true });
    },
  };
}
