import { readFileSync } from 'node:fs';
import { bancoTemporario, pastaTemporaria } from './bancos.ts';
import { escritor, pedirLaudo, recibosDe } from './programas.ts';

/** Um banco com uma execução, e ao lado uma pasta com uma memória que ainda não existe. */
export async function bancoComMemoria() {
  const banco = bancoTemporario();
  const pasta = pastaTemporaria();
  const memoria = pasta.em('memoria.json');
  const escrever = async () => recibosDe((await escritor('-b', banco.caminho)).saida)[0] ?? '';
  const primeiro = await escrever();
  return {
    ...banco,
    primeiro,
    escrever,
    memoria,
    pasta,
    ler: (...opcoes: string[]) => pedirLaudo(banco.caminho, '--memoria', memoria, ...opcoes),
    lembrado: () => JSON.parse(readFileSync(memoria, 'utf8')).recibo,
    [Symbol.dispose]: () => {
      pasta[Symbol.dispose]();
      banco[Symbol.dispose]();
    },
  };
}
