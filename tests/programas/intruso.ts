import { expect, setDefaultTimeout, test } from 'bun:test';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bancoTemporario, pastaTemporaria } from '../apoio/bancos.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS, RAIZ, type Resultado } from '../apoio/processos.ts';
import { escritor, esperarFalha, type Programa, pedirLaudo, rodar } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa(['cc', 'longos'], 'entre o SQLite e o disco', () => {
  /** Compila uma biblioteca que, com LD_PRELOAD, se põe no lugar de funções da libc. */
  function compilar(pasta: string, fonte: string): Record<string, string> {
    writeFileSync(join(pasta, 'intruso.c'), fonte);
    const biblioteca = join(pasta, 'intruso.so');
    const { exitCode } = Bun.spawnSync([
      'cc',
      '-shared',
      '-fPIC',
      '-o',
      biblioteca,
      join(pasta, 'intruso.c'),
    ]);
    expect(exitCode).toBe(0);
    return { LD_PRELOAD: biblioteca };
  }

  test('um erro no fsync: o escritor diz 74 e que o resultado é desconhecido; o recibo anterior fica', async () => {
    using banco = bancoTemporario();
    const { recibo } = JSON.parse((await escritor('-b', banco.caminho, '--json')).saida);
    const ambiente = compilar(
      banco.pasta.caminho,
      `#include <errno.h>
       int fsync(int fd) { errno = EIO; return -1; }
       int fdatasync(int fd) { errno = EIO; return -1; }`,
    );
    const resultado = await rodar('escritor', ['-b', banco.caminho], { ambiente });
    esperarFalha('escritor', resultado, 74, 'o resultado da execução em curso é desconhecido');
    expect(resultado.erros).toContain(`erro de entrada e saída em ${banco.caminho}`);
    expect(resultado.erros).toContain(
      '  Veja o espaço e o estado do disco. O leitor dirá se ela ficou gravada',
    );
    expect((await escritor('-b', banco.caminho)).codigo).toBe(0);
    expect((await pedirLaudo(banco.caminho, '-r', recibo)).codigo).toBe(0);
  });

  test('um destino que já tinha tudo, e que o disco não guarda: o copiador diz 74', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const para = banco.pasta.em('para.db');
    copyFileSync(banco.caminho, para);
    const fonte = '#include <errno.h>\nint fsync(int fd) { errno = EIO; return -1; }';
    const ambiente = compilar(banco.pasta.caminho, fonte);
    const resultado = await rodar('copiador', ['-d', banco.caminho, '-p', para], { ambiente });
    esperarFalha('copiador', resultado, 74, `erro de entrada e saída em ${para}`);
  });

  test('um erro ao criar o -journal: o escritor diz 74, e não que falta permissão', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho);
    const ambiente = compilar(
      banco.pasta.caminho,
      `#define _GNU_SOURCE
       #include <dlfcn.h>
       #include <errno.h>
       #include <string.h>
       int open64(const char *nome, int modo, int dono) {
         if (strstr(nome, "-journal")) { errno = EIO; return -1; }
         return ((int (*)(const char *, int, int))dlsym(RTLD_NEXT, "open64"))(nome, modo, dono);
       }`,
    );
    const resultado = await rodar('escritor', ['-b', banco.caminho], { ambiente });
    esperarFalha('escritor', resultado, 74, 'não foi possível abrir');
  });

  test('um erro ao ler as páginas: o leitor diz 74, e não que o banco está corrompido', async () => {
    using banco = bancoTemporario();
    await escritor('-b', banco.caminho, '-n', '300');
    const ambiente = compilar(
      banco.pasta.caminho,
      `#define _GNU_SOURCE
       #include <dlfcn.h>
       #include <errno.h>
       #include <sys/types.h>
       ssize_t pread64(int fd, void *b, size_t n, off64_t o) {
         if (o >= 12288) { errno = EIO; return -1; }
         return ((ssize_t (*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64"))(fd, b, n, o);
       }`,
    );
    const resultado = await rodar('leitor', ['-b', banco.caminho], { ambiente });
    esperarFalha('leitor', resultado, 74, 'erro de entrada e saída');
  });

  grupoQuePrecisa('longos', 'uma leitura que o disco não entrega, seja qual for, é 74, e não 65:', () => {
    /** Roda um programa, a falhar-lhe de cada vez uma leitura dos arquivos da pasta do ensaio, até não haver mais. */
    async function falhar(programa: Programa, argumentos: string[], antes = () => {}): Promise<Resultado[]> {
      using pasta = pastaTemporaria();
      const registro = pasta.em('registro');
      const ambiente = compilar(pasta.caminho, readFileSync(join(RAIZ, 'ensaios/intruso.c'), 'utf8'));
      const resultados: Resultado[] = [];
      for (let vez = 1; ; vez += 1 + Math.floor(vez / 8)) {
        antes();
        rmSync(registro, { force: true });
        const falha = { FALHA: `pread64:${vez}:EIO`, REGISTRO: registro };
        const resultado = await rodar(programa, argumentos, { ambiente: { ...ambiente, ...falha } });
        if (!existsSync(registro)) return resultados;
        resultados.push(resultado);
      }
    }

    /** Uma cadeia na pasta que o intruso conhece, e uma cópia dela fora. */
    async function cadeias() {
      const pasta = pastaTemporaria();
      const dentro = pasta.em('desafio2-ensaio-x/desafio2.db');
      await escritor('-b', dentro, '-e', '3', '-n', '700');
      copyFileSync(dentro, pasta.em('fora.db'));
      return { ...pasta, dentro, fora: pasta.em('fora.db') };
    }

    const TODAS_74 = ({ codigo }: Resultado) => expect(codigo).toBe(74);

    test('o leitor, e o escritor', async () => {
      using lugar = await cadeias();
      const lidas = await falhar('leitor', ['-b', lugar.dentro]);
      const repor = () => copyFileSync(lugar.fora, lugar.dentro);
      const gravadas = await falhar('escritor', ['-b', lugar.dentro, '-n', '3'], repor);
      expect([lidas.length > 10, gravadas.length > 3]).toEqual([true, true]);
      [...lidas, ...gravadas].forEach(TODAS_74);
    });

    test('na origem de uma cópia: de que lado, e que nada ficou por saber no destino', async () => {
      using lugar = await cadeias();
      const para = lugar.em('para.db');
      const apagar = () => rmSync(para, { force: true });
      const copiadas = await falhar('copiador', ['-d', lugar.dentro, '-p', para], apagar);
      expect(copiadas.length).toBeGreaterThan(15);
      copiadas.forEach(TODAS_74);
      for (const { erros } of copiadas) expect(erros).not.toContain('desconhecido');
      const ditas = copiadas.filter(({ erros }) => !erros.includes('a origem não foi aprovada'));
      expect(ditas.length).toBeGreaterThan(3);
      for (const { erros } of ditas) expect(erros).toContain(`erro de entrada e saída em ${lugar.dentro}`);
    });

    test('no destino', async () => {
      using lugar = await cadeias();
      await escritor('-b', lugar.fora, '-n', '700');
      const antes = readFileSync(lugar.dentro);
      const repor = () => writeFileSync(lugar.dentro, antes);
      const copiadas = await falhar('copiador', ['-d', lugar.fora, '-p', lugar.dentro], repor);
      expect(copiadas.length).toBeGreaterThan(15);
      copiadas.forEach(TODAS_74);
    });
  });

  test('depois de apagar o journal, o escritor sincroniza a pasta (synchronous EXTRA)', async () => {
    using banco = bancoTemporario();
    const registro = banco.pasta.em('registro');
    const ambiente = compilar(
      banco.pasta.caminho,
      `#define _GNU_SOURCE
       #include <dlfcn.h>
       #include <fcntl.h>
       #include <stdlib.h>
       #include <string.h>
       #include <sys/stat.h>
       #include <unistd.h>
       static void anotar(const char *linha) {
         int fd = open(getenv("REGISTRO"), O_WRONLY | O_CREAT | O_APPEND, 0644);
         if (write(fd, linha, strlen(linha)) < 0) abort();
         close(fd);
       }
       static void sincronizou(int fd) {
         struct stat s;
         anotar(fstat(fd, &s) == 0 && S_ISDIR(s.st_mode) ? "pasta\\n" : "arquivo\\n");
       }
       int fsync(int fd) { sincronizou(fd); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
       int fdatasync(int fd) { sincronizou(fd); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
       int unlink(const char *nome) {
         if (strstr(nome, "-journal")) anotar("apagou o journal\\n");
         return ((int (*)(const char *))dlsym(RTLD_NEXT, "unlink"))(nome);
       }`,
    );
    const { codigo } = await rodar('escritor', ['-b', banco.caminho], {
      ambiente: { ...ambiente, REGISTRO: registro },
    });
    expect(codigo).toBe(0);
    const linhas = readFileSync(registro, 'utf8').trimEnd().split('\n');
    expect(linhas.slice(linhas.lastIndexOf('apagou o journal'))).toEqual(['apagou o journal', 'pasta']);
  });
});
