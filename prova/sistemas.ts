/** Sistemas de arquivos que vivem na memória, e somem com a última montagem. */
export const VOLATEIS = ['tmpfs', 'ramfs', 'devtmpfs'];

/** O que se sabe de cada família de sistemas de arquivos: a tabela de docs/volumes.md. */
const SISTEMAS: { tipos: RegExp; sabido: string }[] = [
  { tipos: /^(ext[234]|xfs|btrfs|f2fs|zfs|bcachefs)$/, sabido: 'um disco desta máquina' },
  {
    tipos:
      /^(nfs4?|cifs|smb3|ceph|lustre|gpfs|ocfs2|gfs2|(fuse\.)?(glusterfs|ceph-fuse|juicefs|sshfs|s3fs))$/,
    sabido: 'em rede; entre duas máquinas, as travas só se provam com dois --contexto',
  },
  {
    tipos: /^(9p|virtiofs|drvfs|vboxsf|prl_fs|osxfs|grpcfuse|(fuse\.)?(grpcfuse|gcsfuse|rclone))$/,
    sabido: 'de outro sistema, compartilhado com este; as travas podem ser só aparência',
  },
  {
    tipos: /^(overlay|overlayfs|aufs|fuse\.fuse-overlayfs)$/,
    sabido: 'camadas; dura o que durar a pasta de cima',
  },
  { tipos: /^(vfat|exfat|msdos)$/, sabido: 'sem donos nem journal; uma queda de energia pode levar a pasta' },
  { tipos: /^fuse/, sabido: 'um programa responde por ele: travas e fsync são o que ele quiser' },
];

/** O que se sabe de um sistema de arquivos, se se sabe algo. */
export const conhecer = (tipo: string) => SISTEMAS.find(({ tipos }) => tipos.test(tipo))?.sabido;
