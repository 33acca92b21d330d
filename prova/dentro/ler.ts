import { argv, env, execPath } from 'node:process';

/*
 * Na imagem do leitor, como texto de `bun -e`: roda o programa dela uma vez por pedido, e diz, em JSON, o que cada uma
 * respondeu.
 */

const pedidos: { opcoes: string[]; recibo?: string }[] = JSON.parse(argv[1] ?? '[]');

async function ler({ opcoes, recibo }: (typeof pedidos)[number]) {
  const comando = [execPath, 'programa.js', ...opcoes];
  const processo = Bun.spawn(comando, { env: { ...env, RECIBO: recibo }, stdout: 'pipe', stderr: 'pipe' });
  const [saida, erros] = await Promise.all([processo.stdout.text(), processo.stderr.text()]);
  return { codigo: await processo.exited, saida, erros };
}

const respostas: Awaited<ReturnType<typeof ler>>[] = [];
const fila = pedidos.entries();
const operario = async () => {
  for (const [indice, pedido] of fila) respostas[indice] = await ler(pedido);
};
await Promise.all([operario(), operario(), operario()]);
await Bun.write(Bun.stdout, `${JSON.stringify(respostas)}\n`);
