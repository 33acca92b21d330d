import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS, SEM_PODERES } from '../apoio/processos.ts';
import { escritor, esperarFalha, pedirLaudo, rodar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa('longos', 'saída que não aceita o resultado', () => {
  const modos = [
    ['cheia', 'exec "$@" >/dev/full'],
    ['fechada', 'exec "$@" >&-'],
    ['um cano que ninguém lê mais', '{ "$@"; echo $? >&3; } 3>&2 | true'],
  ] as const;
  for (const [oQue, roteiro] of modos) {
    test(`${oQue}: os dois dizem 74, e o escritor entrega o recibo em stderr`, async () => {
      using banco = bancoTemporario();
      await escritor('-b', banco.caminho);
      const antes = ['sh', '-c', roteiro, 'sh'];
      for (const [programa, opcoes] of [
        ['leitor', []],
        ['leitor', ['--json']],
        ['escritor', []],
        ['escritor', ['--ajuda']],
      ] as const) {
        const { erros, codigo } = await rodar(programa, ['-b', banco.caminho, ...opcoes], { antes });
        expect(erros).toContain(`${programa}: a saída padrão não aceitou o resultado`);
        expect(roteiro.includes('|') ? Number(erros.trimEnd().split('\n').at(-1)) : codigo).toBe(74);
        if (programa === 'escritor' && opcoes.length === 0) expect(erros).toMatch(/recibo: 2:[0-9a-f]{64}/);
      }
    });
  }

  test('/dev/null é uma saída como as outras', async () => {
    using banco = bancoTemporario();
    const antes = ['sh', '-c', 'exec "$@" >/dev/null', 'sh'];
    expect((await rodar('escritor', ['-b', banco.caminho], { antes })).codigo).toBe(0);
  });

  test('stderr fechada ou cheia não muda o código', async () => {
    using pasta = pastaTemporaria();
    for (const destino of ['>&-', '>/dev/full']) {
      const antes = ['sh', '-c', `exec "$@" 2${destino}`, 'sh'];
      expect((await rodar('leitor', ['-b', pasta.em('x')], { antes })).codigo).toBe(66);
    }
  });
});

describe('permissões, sem os poderes do root', () => {
  const antes = SEM_PODERES;

  const casos: [
    oQue: string,
    proibir: (caminho: string, pasta: string) => void,
    leitura: number,
    escrita: number,
  ][] = [
    ['arquivo sem permissão nenhuma', (caminho) => chmodSync(caminho, 0), 77, 77],
    ['arquivo só de leitura', (caminho) => chmodSync(caminho, 0o444), 0, 77],
    ['pasta só de leitura', (_, pasta) => chmodSync(pasta, 0o555), 0, 77],
    ['pasta em que não se pode entrar', (_, pasta) => chmodSync(pasta, 0), 77, 77],
  ];
  for (const [oQue, proibir, leitura, escrita] of casos) {
    test(`${oQue}: o leitor diz ${leitura} e o escritor ${escrita}`, async () => {
      using pasta = pastaTemporaria();
      mkdirSync(pasta.em('sub'));
      const caminho = pasta.em('sub/x.db');
      await escritor('-b', caminho);
      proibir(caminho, pasta.em('sub'));
      const lido = await rodar('leitor', ['-b', caminho], { antes });
      const escrito = await rodar('escritor', ['-b', caminho], { antes });
      chmodSync(pasta.em('sub'), 0o755);
      expect(lido.codigo).toBe(leitura);
      esperarFalha('escritor', escrito, escrita, 'sem permissão');
    });
  }

  test('um arquivo novo numa pasta só de leitura: 77, e nada é criado', async () => {
    using pasta = pastaTemporaria();
    chmodSync(pasta.caminho, 0o555);
    esperarFalha(
      'escritor',
      await rodar('escritor', ['-b', pasta.em('x.db')], { antes }),
      77,
      'sem permissão',
    );
    esperarFalha(
      'escritor',
      await rodar('escritor', ['-b', pasta.em('a/x.db')], { antes }),
      77,
      'sem permissão',
    );
    chmodSync(pasta.caminho, 0o755);
    expect(readdirSync(pasta.caminho)).toEqual([]);
  });
});

grupoQuePrecisa('longos', 'disco cheio', () => {
  test('limite de tamanho de arquivo: 74, resultado desconhecido, e depois o escritor segue', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const antes = ['sh', '-c', 'ulimit -f 64; exec "$@"', 'sh'];
    const cheio = await rodar('escritor', ['-b', banco.caminho, '-n', '100000'], { antes });
    esperarFalha('escritor', cheio, 74, 'o resultado da execução em curso é desconhecido');
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    expect(await pedirLaudo(banco.caminho)).toMatchObject({ aprovado: true, execucoes: 2, registros: 6 });
  });

  grupoQuePrecisa('root', 'tmpfs pequeno', () => {
    test('74, o que tinha recibo fica, e com espaço de novo o escritor segue', async () => {
      using pasta = pastaTemporaria();
      const montar = (...argumentos: string[]) => expect(Bun.spawnSync(argumentos).exitCode).toBe(0);
      montar('mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', pasta.caminho);
      const desmontar = () => Bun.spawnSync(['umount', '--lazy', pasta.caminho]);
      try {
        const caminho = pasta.em('x.db');
        const primeiro = await pedirReciboA(caminho);
        const cheio = await escritor('-b', caminho, '-n', '100000');
        esperarFalha('escritor', cheio, 74, 'está cheio');
        expect(cheio.erros).toContain('Libere espaço e tente de novo.');
        expect((await pedirLaudo(caminho, '-r', primeiro)).codigo).toBe(0);
        montar('mount', '-o', 'remount,size=64m', pasta.caminho);
        expect((await escritor('-b', caminho, '-n', '100000')).codigo).toBe(0);
        expect(await pedirLaudo(caminho, '-r', primeiro)).toMatchObject({ codigo: 0, execucoes: 2 });
      } finally {
        desmontar();
      }
    });

    test('sem lugar para mais um arquivo: 74, com o nome do erro, e nada é criado', async () => {
      using pasta = pastaTemporaria();
      const opcoes = ['-t', 'tmpfs', '-o', 'nr_inodes=1', 'tmpfs', pasta.caminho];
      expect(Bun.spawnSync(['mount', ...opcoes]).exitCode).toBe(0);
      try {
        const caminho = pasta.em('x.db');
        const resultado = await escritor('-b', caminho);
        esperarFalha('escritor', resultado, 74, `erro de entrada e saída em ${caminho} (ENOSPC)`);
        expect(readdirSync(pasta.caminho)).toEqual([]);
      } finally {
        Bun.spawnSync(['umount', '--lazy', pasta.caminho]);
      }
    });

    async function pedirReciboA(caminho: string): Promise<string> {
      return JSON.parse((await escritor('-b', caminho, '--json')).saida).recibo;
    }
  });
});
