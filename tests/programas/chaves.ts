import { expect, setDefaultTimeout, test } from 'bun:test';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { fazerChaves } from '../apoio/chaves.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS, temAberto } from '../apoio/processos.ts';
import { escritor, iniciar, rodar, terminar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa('longos', 'uma chave que não serve', () => {
  test('64, com o comando que faz uma, e nada se grava', async () => {
    using pasta = pastaTemporaria();
    const { privada, publica } = await fazerChaves(pasta.em);
    const [pemPrivado, pemPublico] = [readFileSync(privada, 'utf8'), readFileSync(publica, 'utf8')];
    const deCurva = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ]);
    const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', deCurva.privateKey)).toString('base64');
    const textos = {
      vazia: '',
      'de outro tipo': `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`,
      cortada: pemPrivado.replace('-----END', ''),
      'com menos bytes': pemPrivado.replace(/.{4}\n-----END/, '\n-----END'),
      dupla: pemPrivado + pemPrivado,
      pública: pemPublico,
    };
    for (const [oQue, texto] of Object.entries(textos)) {
      const arquivo = pasta.em('ruim.pem');
      writeFileSync(arquivo, texto);
      const { erros, codigo } = await escritor('-b', pasta.em('x.db'), '--chave', arquivo);
      expect([oQue, erros]).toEqual([oQue, expect.stringContaining('não tem uma chave privada Ed25519')]);
      expect(erros).toContain('openssl genpkey -algorithm ed25519');
      expect([oQue, codigo]).toEqual([oQue, 64]);
    }
    expect(existsSync(pasta.em('x.db'))).toBe(false);
    const trocada = await rodar('leitor', ['-b', pasta.em('x.db'), '--chave-publica', privada]);
    expect(trocada.erros).toContain('openssl pkey -in chave.pem -pubout');
    expect(trocada.codigo).toBe(64);
  });

  test('um caminho que não serve é do nome da opção; uma variável vazia não é "sem chave"', async () => {
    using pasta = pastaTemporaria();
    mkdirSync(pasta.em('pasta'));
    for (const caminho of ['nada.pem', 'pasta']) {
      const { erros, codigo } = await escritor('-b', pasta.em('x.db'), '--chave', pasta.em(caminho));
      expect(erros).toContain('--chave.');
      expect(codigo).toBe(64);
    }
    for (const [programa, variavel] of [
      ['escritor', 'CHAVE'],
      ['leitor', 'CHAVE_PUBLICA'],
    ] as const) {
      const { erros, codigo } = await rodar(programa, ['-b', pasta.em('x.db')], {
        ambiente: { [variavel]: '' },
      });
      expect(erros).toContain(`$${variavel} existe, mas está vazia`);
      expect(codigo).toBe(64);
    }
    expect(existsSync(pasta.em('x.db'))).toBe(false);
  });

  test('que não se pode ler: 77', async () => {
    using pasta = pastaTemporaria();
    const { privada } = await fazerChaves(pasta.em);
    chmodSync(privada, 0);
    const antes = process.getuid?.() === 0 ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all'] : [];
    const { codigo } = await rodar('escritor', ['-b', pasta.em('x.db'), '--chave', privada], { antes });
    expect(codigo).toBe(77);
  });

  test('à espera de um cano que não acaba, um sinal é atendido', async () => {
    using pasta = pastaTemporaria();
    const cano = pasta.em('cano');
    Bun.spawnSync(['mkfifo', cano]);
    using programa = iniciar('escritor', ['-b', pasta.em('x.db'), '--chave', cano]);
    // Quem abre o outro lado só o consegue quando o programa já espera.
    const guarda = Bun.spawn(['sh', '-c', `exec 3> ${cano}; echo aberto; exec sleep 600`], {
      stdout: 'pipe',
    });
    await guarda.stdout.getReader().read();
    await ate(() => temAberto(programa.pid, cano), 'o programa abra o cano');
    programa.kill('SIGTERM');
    expect((await terminar(programa)).codigo).toBe(143);
    guarda.kill();
  });
});
