/*
 * Um sistema de arquivos do FUSE que mostra outra pasta, e mente: mentiroso MENTIRA PASTA PONTO [opções do FUSE]
 *   nenhuma      não mente
 *   travas       fcntl diz que sim a todos, e não trava
 *   recusa       fcntl diz que não a todos
 *   velha        uma página lida outra vez é a da primeira
 *   nome         rename diz que sim, e o arquivo perde-se
 *   apaga        unlink diz que sim, e o arquivo fica
 *   tamanho      ftruncate diz que sim, e o arquivo fica como estava
 *   leitura      depois de algumas gravações, só se lê
 *   cheio        depois de algumas gravações, não há lugar
 */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char *mentira;
static char pasta[4096];
static int gravacoes;

static int mente(const char *qual) { return strcmp(mentira, qual) == 0; }

#define REAL(nome) char real[8192]; snprintf(real, sizeof real, "%s%s", pasta, nome)
#define OU_ERRO(resposta) return (resposta) == -1 ? -errno : 0

/* Depois de tantas gravações, o que quer que se mude é recusado. */
static int recusado(void) {
  if (gravacoes <= 20) return 0;
  return mente("leitura") ? -EROFS : mente("cheio") ? -ENOSPC : 0;
}

static int m_getattr(const char *nome, struct stat *st, struct fuse_file_info *fi) {
  if (fi) OU_ERRO(fstat(fi->fh, st));
  REAL(nome);
  OU_ERRO(lstat(real, st));
}

static int m_readdir(const char *nome, void *buf, fuse_fill_dir_t por, off_t de, struct fuse_file_info *fi,
                     enum fuse_readdir_flags como) {
  (void)de; (void)fi; (void)como;
  REAL(nome);
  DIR *dir = opendir(real);
  if (!dir) return -errno;
  for (struct dirent *um; (um = readdir(dir));) por(buf, um->d_name, NULL, 0, 0);
  closedir(dir);
  return 0;
}

static int abrir(const char *nome, int como, mode_t modo, struct fuse_file_info *fi) {
  REAL(nome);
  int fd = open(real, como, modo);
  if (fd == -1) return -errno;
  struct fuse_context *quem = fuse_get_context();
  if ((como & O_CREAT) && fchown(fd, quem->uid, quem->gid)) perror("fchown");
  fi->fh = fd;
  fi->direct_io = 1;
  return 0;
}

static int m_open(const char *nome, struct fuse_file_info *fi) { return abrir(nome, fi->flags, 0, fi); }

static int m_create(const char *nome, mode_t modo, struct fuse_file_info *fi) {
  return recusado() ? recusado() : abrir(nome, fi->flags | O_CREAT, modo, fi);
}

static int m_release(const char *nome, struct fuse_file_info *fi) { (void)nome; OU_ERRO(close(fi->fh)); }

static int m_read(const char *nome, char *bytes, size_t n, off_t onde, struct fuse_file_info *fi) {
  static char velha[4096], de_quem[4096];
  ssize_t lidos = pread(fi->fh, bytes, n, onde);
  if (lidos == -1) return -errno;
  if (mente("velha") && onde == 0 && lidos == sizeof velha) {
    if (strcmp(de_quem, nome)) {
      memcpy(velha, bytes, sizeof velha);
      snprintf(de_quem, sizeof de_quem, "%s", nome);
    }
    memcpy(bytes, velha, sizeof velha);
  }
  return lidos;
}

static int m_write(const char *nome, const char *bytes, size_t n, off_t onde, struct fuse_file_info *fi) {
  (void)nome;
  gravacoes++;
  if (recusado()) return recusado();
  ssize_t gravados = pwrite(fi->fh, bytes, n, onde);
  return gravados == -1 ? -errno : gravados;
}

static int m_fsync(const char *nome, int so_dados, struct fuse_file_info *fi) {
  (void)nome;
  OU_ERRO(so_dados ? fdatasync(fi->fh) : fsync(fi->fh));
}

static int m_lock(const char *nome, struct fuse_file_info *fi, int comando, struct flock *trava) {
  (void)nome; (void)fi;
  if (mente("recusa")) return trava->l_type == F_UNLCK ? 0 : -ENOLCK;
  if (comando == F_GETLK) trava->l_type = F_UNLCK;
  return 0;
}

static int m_unlink(const char *nome) {
  if (mente("apaga")) return 0;
  if (recusado()) return recusado();
  REAL(nome);
  OU_ERRO(unlink(real));
}

static int m_rename(const char *de, const char *para, unsigned como) {
  REAL(de);
  if (como) return -EINVAL;
  if (mente("nome")) OU_ERRO(unlink(real));
  char destino[8192];
  snprintf(destino, sizeof destino, "%s%s", pasta, para);
  OU_ERRO(rename(real, destino));
}

static int m_truncate(const char *nome, off_t n, struct fuse_file_info *fi) {
  if (mente("tamanho")) return 0;
  if (recusado()) return recusado();
  if (fi) OU_ERRO(ftruncate(fi->fh, n));
  REAL(nome);
  OU_ERRO(truncate(real, n));
}

static int m_chmod(const char *nome, mode_t modo, struct fuse_file_info *fi) {
  (void)fi;
  REAL(nome);
  OU_ERRO(chmod(real, modo));
}

static int m_chown(const char *nome, uid_t dono, gid_t grupo, struct fuse_file_info *fi) {
  (void)fi;
  REAL(nome);
  OU_ERRO(lchown(real, dono, grupo));
}

static int m_utimens(const char *nome, const struct timespec quando[2], struct fuse_file_info *fi) {
  (void)fi;
  REAL(nome);
  OU_ERRO(utimensat(0, real, quando, AT_SYMLINK_NOFOLLOW));
}

static int m_statfs(const char *nome, struct statvfs *st) { REAL(nome); OU_ERRO(statvfs(real, st)); }

/* Nada do que o kernel viu se guarda: quem pergunta outra vez tem outra resposta. */
static void *m_init(struct fuse_conn_info *ligacao, struct fuse_config *modo) {
  (void)ligacao;
  modo->entry_timeout = modo->attr_timeout = modo->negative_timeout = 0;
  modo->hard_remove = modo->use_ino = 1;
  return NULL;
}

int main(int n, char **argumentos) {
  if (n < 4 || !realpath(argumentos[2], pasta)) return 64;
  mentira = argumentos[1];
  struct fuse_operations faz = {
    .init = m_init, .getattr = m_getattr, .readdir = m_readdir, .open = m_open, .create = m_create,
    .release = m_release, .read = m_read, .write = m_write, .fsync = m_fsync, .unlink = m_unlink,
    .rename = m_rename, .truncate = m_truncate, .chmod = m_chmod, .chown = m_chown, .utimens = m_utimens, .statfs = m_statfs,
  };
  /* Sem isto, é o kernel que trava por nós. */
  if (mente("travas") || mente("recusa")) faz.lock = m_lock;
  argumentos[2] = argumentos[0];
  return fuse_main(n - 2, argumentos + 2, &faz, NULL);
}
