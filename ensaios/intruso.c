/*
 * Com LD_PRELOAD, faz falhar a n-ésima chamada de um tipo sobre os arquivos de um banco.
 *   FALHA=tipo:n:modo   tipo: pwrite64, pread64, fsync, fdatasync, ftruncate64, unlink, open64
 *                       n: a partir de 1
 *                       modo: EIO, ENOSPC, EDQUOT, curta, morte, rasgada; com "+", também todas as seguintes
 *   REGISTRO=caminho    ganha um byte por falha
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define BANCO "desafio2.db"
#define VERDADEIRA(nome) ((__typeof__(&nome))dlsym(RTLD_NEXT, #nome))

static int tem(const char *trecho) { return strstr(getenv("FALHA"), trecho) != NULL; }

/* Se o descritor é do banco, do journal dele ou da pasta, que tem o nome do banco por dentro. */
static int do_banco(int fd) {
  char elo[64], alvo[4096];
  snprintf(elo, sizeof elo, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(elo, alvo, sizeof alvo - 1);
  if (n < 0) return 0;
  alvo[n] = 0;
  return strstr(alvo, "desafio2-ensaio-") != NULL;
}

/* Conta uma chamada; diz se é ela que deve falhar. */
static int e_agora(const char *tipo) {
  static long feitas;
  const char *falha = getenv("FALHA");
  size_t tamanho = strlen(tipo);
  if (falha == NULL || strncmp(falha, tipo, tamanho) != 0 || falha[tamanho] != ':') return 0;
  long n = atol(falha + tamanho + 1);
  if (++feitas < n || (feitas > n && !tem("+"))) return 0;
  FILE *registro = fopen(getenv("REGISTRO"), "a");
  if (registro != NULL) {
    fputc('.', registro);
    fclose(registro);
  }
  if (tem("morte")) kill(getpid(), SIGKILL);
  errno = tem("ENOSPC") ? ENOSPC : tem("EDQUOT") ? EDQUOT : EIO;
  return 1;
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t onde) {
  if (!do_banco(fd) || !e_agora("pwrite64")) return VERDADEIRA(pwrite64)(fd, bytes, n, onde);
  if (tem("curta")) return VERDADEIRA(pwrite64)(fd, bytes, n / 2, onde);
  if (tem("rasgada")) {
    VERDADEIRA(pwrite64)(fd, bytes, n / 2, onde);
    kill(getpid(), SIGKILL);
  }
  return -1;
}

ssize_t pread64(int fd, void *bytes, size_t n, off64_t onde) {
  return do_banco(fd) && e_agora("pread64") ? -1 : VERDADEIRA(pread64)(fd, bytes, n, onde);
}

int fsync(int fd) { return do_banco(fd) && e_agora("fsync") ? -1 : VERDADEIRA(fsync)(fd); }

int fdatasync(int fd) { return do_banco(fd) && e_agora("fdatasync") ? -1 : VERDADEIRA(fdatasync)(fd); }

int ftruncate64(int fd, off64_t n) {
  return do_banco(fd) && e_agora("ftruncate64") ? -1 : VERDADEIRA(ftruncate64)(fd, n);
}

int unlink(const char *nome) {
  return strstr(nome, BANCO) != NULL && e_agora("unlink") ? -1 : VERDADEIRA(unlink)(nome);
}

int open64(const char *nome, int modo, ...) {
  va_list outros;
  va_start(outros, modo);
  int permissoes = va_arg(outros, int);
  va_end(outros);
  if (strstr(nome, BANCO) != NULL && e_agora("open64")) return -1;
  return VERDADEIRA(open64)(nome, modo, permissoes);
}
