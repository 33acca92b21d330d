/** As linhas de uma página sem o que muda de uma vez para a outra: ids, selos, horas, contas, e a ordem do que corre junto. */
export function mascarar(pagina: string): string[] {
  return pagina
    .replace(/sha256-[\w+/=]+/g, 'ESTILO')
    .replace(/[0-9a-f]{64}/g, 'SELO')
    .replace(/\b[0-9a-f]{12}\b/g, 'CONTAINER')
    .replace(/desafio2-prova-[0-9a-f]{8}/g, 'PROJETO')
    .replace(/\d+(?:[.,]\d+)*/g, '0')
    .replace(/(?:ext4|xfs|overlay|btrfs|zfs|tmpfs)(?=<|, somente)/g, 'SISTEMA')
    .replace(/<dt>(Engine|Com)<\/dt><dd>[^<]*/g, '$1')
    .split('\n')
    .filter((linha) => !linha.includes('nem podendo escrever')) // só de uma morte que deixou um -journal
    .sort();
}
