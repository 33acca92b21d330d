import { expect, setDefaultTimeout, test } from 'bun:test';
import { copyFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { mudar } from '../apoio/copias.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { copiador, escritor, leitor, recibosDe } from '../apoio/programas.ts';
import { sortearComSemente } from '../apoio/sorteio.ts';

setDefaultTimeout(PRAZO_MS);

/** Deixa de um arquivo só tantos milésimos. */
function cortar(caminho: string, milesimos: number): void {
  truncateSync(caminho, Math.trunc((readFileSync(caminho).length * milesimos) / 1000));
}

const { rotulo, sorte } = sortearComSemente();

grupoQuePrecisa('longos', 'uma cópia sabotada, de que se exige o último recibo, é recusada:', () => {
  /** Uma cadeia de 5 execuções, como estava depois de cada uma, e o último recibo. */
  async function fazer() {
    using pasta = pastaTemporaria();
    const arquivo = pasta.em('de.db');
    const momentos: Buffer[] = [];
    let recibo = '';
    for (let vez = 0; vez < 5; vez++) {
      recibo = recibosDe((await escritor('-b', arquivo, '-n', '40')).saida)[0] ?? '';
      momentos.push(readFileSync(arquivo));
    }
    return { momentos, recibo };
  }
  let feita: ReturnType<typeof fazer> | undefined;

  /** Uma cópia da cadeia, e uma de cada momento anterior. */
  async function cenario() {
    feita ??= fazer();
    const { momentos, recibo } = await feita;
    const pasta = pastaTemporaria();
    for (const [indice, bytes] of momentos.entries())
      writeFileSync(pasta.em(`antiga-${indice + 1}.db`), bytes);
    copyFileSync(pasta.em('antiga-5.db'), pasta.em('para.db'));
    return { ...pasta, para: pasta.em('para.db'), recibo };
  }
  type Cenario = Awaited<ReturnType<typeof cenario>>;

  const sabotagens: [oQue: string, sabotar: (cena: Cenario) => unknown][] = [
    ['só o cabeçalho', ({ para }) => truncateSync(para, 100)],
    ['meio arquivo', ({ para }) => cortar(para, 500)],
    ['vazia', ({ para }) => truncateSync(para, 0)],
    ['antiga', (cena) => copyFileSync(cena.em('antiga-4.db'), cena.para)],
    [
      'de outra cadeia',
      async ({ para }) => {
        truncateSync(para, 0);
        await escritor('-b', para, '-n', '40', '-e', '5');
      },
    ],
    ['com um usuário mudado', ({ para }) => mudar(para, "UPDATE usuarios SET email = 'x' WHERE id = 77")],
    ['com um usuário a mais', ({ para }) => mudar(para, "INSERT INTO usuarios VALUES (999, 'x', 'x', 'x')")],
    ['com um texto no lugar', ({ para }) => writeFileSync(para, 'cópia feita às 3h, tudo certo\n')],
  ];
  for (let vez = 1; vez <= 20; vez++) {
    const id = sorte.inteiro(1, 200);
    const execucao = sorte.inteiro(1, 5);
    const [oQue, sabotar] = sorte.um<(typeof sabotagens)[number]>([
      [`cortada em ${id} milésimos`, ({ para }) => cortar(para, id)],
      [`sem o usuário ${id}`, ({ para }) => mudar(para, `DELETE FROM usuarios WHERE id = ${id}`)],
      [
        `com o nome do usuário ${id} mudado`,
        ({ para }) => mudar(para, `UPDATE usuarios SET nome = nome || ' ' WHERE id = ${id}`),
      ],
      [
        `com a hora do usuário ${id} mudada`,
        ({ para }) =>
          mudar(para, `UPDATE usuarios SET criado_em = replace(criado_em, 'Z', '') WHERE id = ${id}`),
      ],
      [
        `sem a execução ${execucao}`,
        ({ para }) => mudar(para, `DELETE FROM execucoes WHERE id = ${execucao}`),
      ],
      [
        `com outro container na execução ${execucao}`,
        ({ para }) => mudar(para, `UPDATE execucoes SET container = 'outro' WHERE id = ${execucao}`),
      ],
      [
        `antiga, de ${Math.min(execucao, 4)} execuções`,
        (cena) => copyFileSync(cena.em(`antiga-${Math.min(execucao, 4)}.db`), cena.para),
      ],
    ]);
    sabotagens.push([`${vez}.º sorteio, ${oQue} (${rotulo})`, sabotar]);
  }
  for (const [oQue, sabotar] of sabotagens) {
    test.concurrent(oQue, async () => {
      using cena = await cenario();
      await sabotar(cena);
      const lida = await leitor('-b', cena.para, '-r', cena.recibo);
      const copiada = await copiador('-d', cena.para, '-p', cena.em('nova.db'), '-r', cena.recibo);
      const vazia = oQue === 'vazia' ? 66 : 65;
      expect([lida.codigo, copiada.codigo]).toEqual([vazia, vazia]);
      expect(copiada.erros).toContain('a origem não foi aprovada, e nada se copiou');
      expect(readdirSync(cena.caminho)).not.toContain('nova.db');
    });
  }

  test('a que ninguém tocou é aprovada pelos dois', async () => {
    using cena = await cenario();
    expect((await leitor('-b', cena.para, '-r', cena.recibo)).codigo).toBe(0);
    expect((await copiador('-d', cena.para, '-p', cena.em('nova.db'), '-r', cena.recibo)).codigo).toBe(0);
  });
});
