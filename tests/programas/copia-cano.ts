import { Database } from 'bun:sqlite';
import { expect, setDefaultTimeout, test } from 'bun:test';
import {
  closeSync,
  constants,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  symlinkSync,
} from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { conteudo, forjarCadeia, mudar, origemTemporaria } from '../apoio/copias.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { comando, copiador, escritor, iniciar, leitor, rodar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

/** Roda o copiador num shell, com o que vem depois dele: canos e redirecionamentos. */
const noShell = (argumentos: string[], resto: string) =>
  rodar('copiador', [...argumentos, resto], { antes: ['sh', '-c', 'eval "\\"$0\\" $(printf "%s " "$@")"'] });

/** Um cano com nome, de que só se lê o que se pede, e sem esperar. */
function canoParado(caminho: string) {
  Bun.spawnSync(['mkfifo', caminho]);
  const descritor = openSync(caminho, constants.O_RDONLY | constants.O_NONBLOCK);
  const cano = {
    lidos: Buffer.alloc(0),
    ler(quantos: number): Buffer {
      const bytes = Buffer.alloc(quantos);
      try {
        const novos = bytes.subarray(0, readSync(descritor, bytes, 0, quantos, null));
        cano.lidos = Buffer.concat([cano.lidos, novos]);
        return novos;
      } catch {
        return bytes.subarray(0, 0); // EAGAIN: está vazio
      }
    },
    [Symbol.dispose]: () => closeSync(descritor),
  };
  return cano;
}

grupoQuePrecisa('longos', '--para -', () => {
  test('entrega os bytes do arquivo; o recibo vai na saída de erros, e o leitor exige-o do que chegou', async () => {
    using lugar = await origemTemporaria('-e', '3', '-n', '5000');
    const { saida, erros, codigo } = await noShell(['-d', lugar.de, '-p', '-'], `>${lugar.para}`);
    expect([saida, codigo]).toEqual(['', 0]);
    expect(erros).toStartWith(`${lugar.de} foi entregue na saída padrão: execuções, 3; usuários, 15.000.\n`);
    const [, recibo = ''] = erros.match(/^recibo: (\S+)$/m) ?? [];
    expect(recibo).toBe(lugar.ultimo);
    expect(readFileSync(lugar.para).equals(readFileSync(lugar.de))).toBe(true);
    expect((await leitor('-b', lugar.para, '-r', recibo)).codigo).toBe(0);
  });

  test('de uma origem reprovada, ou sem o recibo exigido, não entrega nada', async () => {
    using lugar = await origemTemporaria();
    const semRecibo = await copiador('-d', lugar.de, '-p', '-', '-r', `1:${'0'.repeat(64)}`);
    mudar(lugar.de, "UPDATE usuarios SET nome = 'x' WHERE id = 2");
    const estragada = await copiador('-d', lugar.de, '-p', '-');
    expect([semRecibo.saida, semRecibo.codigo, estragada.saida, estragada.codigo]).toEqual(['', 65, '', 65]);
    expect(estragada.erros).toContain('a origem não foi aprovada, e nada se copiou');
  });

  test('a quem deixa de ler, ou a um disco cheio: 74', async () => {
    using lugar = await origemTemporaria('-n', '20000');
    const { codigo } = await rodar('copiador', ['-d', lugar.de, '-p', '-'], {
      antes: ['bash', '-c', 'set -o pipefail; "$@" | head -c 10', 'bash'],
    });
    expect(codigo).toBe(74);
    const cheio = await noShell(['-d', lugar.de, '-p', '-'], '>/dev/full');
    expect(cheio.erros).toContain('a saída padrão não aceitou o resultado');
    expect(cheio.codigo).toBe(74);
  });

  test('enquanto quem recebe não lê, o arquivo não muda; e um sinal acaba com a espera', async () => {
    using pasta = pastaTemporaria();
    const de = pasta.em('de.db');
    forjarCadeia(de, [20_000]);
    const bytes = readFileSync(de);
    using outro = new Database(de, { readwrite: true });
    const confirmar = () => outro.run("BEGIN; UPDATE execucoes SET versao = 'x'; COMMIT");
    for (const acabar of ['ler', 'SIGTERM'] as const) {
      using cano = canoParado(pasta.em(acabar));
      using processo = iniciar('copiador', ['-d', de, '-p', '-'], {
        antes: ['sh', '-c', `exec "$@" >${pasta.em(acabar)}`, 'sh'],
      });
      await ate(() => cano.ler(1).length > 0, 'o arquivo comece a sair');
      expect(confirmar).toThrow('locked');
      outro.run('ROLLBACK');
      if (acabar === 'SIGTERM') processo.kill('SIGTERM');
      else {
        await ate(
          () => cano.ler(1_000_000).length === 0 && cano.lidos.length >= bytes.length,
          'ele saia todo',
        );
        expect(cano.lidos.equals(bytes)).toBe(true);
      }
      expect(await processo.exited).toBe(acabar === 'SIGTERM' ? 143 : 0);
    }
    confirmar();
  });
});

grupoQuePrecisa('longos', '--de -', () => {
  test('restaura um arquivo que chega, e não deixa mais nada', async () => {
    using lugar = await origemTemporaria('-e', '3');
    const para = lugar.em('uma/outra/nova.db');
    const { saida, erros, codigo } = await noShell(['-d', '-', '-p', para, '--json'], `<${lugar.de}`);
    expect([erros, codigo]).toEqual(['', 0]);
    expect(JSON.parse(saida)).toMatchObject({ copiadas: 3, recibo: lugar.ultimo, de: '-', para });
    expect(conteudo(para)).toEqual(conteudo(lugar.de));
    expect(readdirSync(lugar.em('uma/outra'))).toEqual(['nova.db']);
    expect(readdirSync(lugar.caminho).sort()).toEqual(['de.db', 'uma']);
  });

  test('de um cano do próprio copiador, leva só o que falta', async () => {
    using lugar = await origemTemporaria('-e', '2');
    copyFileSync(lugar.de, lugar.para);
    await escritor('-b', lugar.de);
    const um = comando('copiador', ['-d', lugar.de, '-p', '-']).join(' ');
    const outro = comando('copiador', ['-d', '-', '-p', lugar.para, '--json']).join(' ');
    const { stdout, exitCode } = Bun.spawnSync(['sh', '-c', `${um} | ${outro}`]);
    expect(JSON.parse(stdout.toString())).toMatchObject({ copiadas: 1, registros: 3 });
    expect(exitCode).toBe(0);
    expect(conteudo(lugar.para)).toEqual(conteudo(lugar.de));
  });

  test('o que não é um banco inteiro é recusado, e não deixa nada', async () => {
    using lugar = await origemTemporaria();
    for (const [chega, esperado] of [
      [`head -c 5000 ${lugar.de}`, 65],
      ['true', 66],
      ['echo nada', 65],
      [`cat ${lugar.caminho}/de.db; echo a mais`, 65],
    ] as const) {
      const copia = comando('copiador', ['-d', '-', '-p', lugar.para]).join(' ');
      const { stdout, exitCode } = Bun.spawnSync(['sh', '-c', `(${chega}) | ${copia}`]);
      expect([chega, stdout.toString(), exitCode]).toEqual([chega, '', esperado]);
      expect(readdirSync(lugar.caminho)).toEqual(['de.db']);
    }
    const pasta = await noShell(['-d', '-', '-p', lugar.para], `<${lugar.caminho}`);
    expect([pasta.saida, pasta.codigo]).toEqual(['', 74]);
    const fechada = await noShell(['-d', '-', '-p', lugar.para], '<&-');
    expect([fechada.saida, fechada.codigo]).toEqual(['', 66]);
    expect(readdirSync(lugar.caminho)).toEqual(['de.db']);
  });

  test('o próprio destino, por este nome ou por outro: 64, e ele fica como estava', async () => {
    using lugar = await origemTemporaria();
    symlinkSync('de.db', lugar.em('elo.db'));
    const antes = readFileSync(lugar.de);
    for (const para of [lugar.de, lugar.em('elo.db')]) {
      const { saida, erros, codigo } = await noShell(['-d', '-', '-p', para], `<${lugar.de}`);
      expect(erros).toContain(`a entrada padrão é o próprio ${para}`);
      expect([saida, codigo]).toEqual(['', 64]);
    }
    expect(readFileSync(lugar.de).equals(antes)).toBe(true);
  });

  test('um sinal enquanto chega: 143, e não deixa nada', async () => {
    using lugar = await origemTemporaria();
    const { comeco } = { comeco: readFileSync(lugar.de).subarray(0, 5000) };
    const processo = Bun.spawn(comando('copiador', ['-d', '-', '-p', lugar.para]), {
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
    });
    processo.stdin.write(comeco);
    processo.stdin.flush();
    await ate(() => readdirSync(lugar.caminho).length > 1, 'o copiador comece a guardar');
    processo.kill('SIGTERM');
    expect(await processo.exited).toBe(143);
    expect(readdirSync(lugar.caminho)).toEqual(['de.db']);
  });
});

grupoQuePrecisa(['python3', 'longos'], 'num terminal', () => {
  test('nem se escreve nem se lê um arquivo: 64', async () => {
    using lugar = await origemTemporaria();
    const pty = [
      'python3',
      '-c',
      'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))',
    ];
    for (const [argumentos, dito] of [
      [['-d', lugar.de, '-p', '-'], 'a saída padrão é um terminal'],
      [['-d', '-', '-p', lugar.para], 'a entrada padrão é um terminal'],
    ] as const) {
      const { stdout, exitCode } = Bun.spawnSync([...pty, ...comando('copiador', [...argumentos])]);
      expect(stdout.toString()).toContain(dito);
      expect(exitCode).toBe(64);
    }
    expect(readdirSync(lugar.caminho)).toEqual(['de.db']);
  });
});
