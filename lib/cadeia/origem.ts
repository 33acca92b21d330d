import type { ArmazemDeLeitura } from '../armazem/armazem.ts';
import { aprovar, pular, type Resultado } from '../falhas.ts';
import { DESCONHECIDO } from '../selo.ts';
import { emMilhares } from '../texto.ts';

/** O id de um container; fora de um, o escritor grava o nome da máquina. */
const DE_CONTAINER = "length(container) = 12 AND ltrim(container, '0123456789abcdef') = ''";

/** `origem`: quem escreveu. Sem execução de outro container, nada se pode dizer de persistência. */
export async function conferirOrigem(armazem: ArmazemDeLeitura, container: string): Promise<Resultado> {
  const [contados] = await armazem.consultar<Record<'este' | 'outros' | 'desconhecidos' | 'todas', number>>(
    `SELECT count(*) FILTER (WHERE container = $1) AS este,
            count(*) FILTER (WHERE container <> $1 AND ${DE_CONTAINER}) AS outros,
            count(*) FILTER (WHERE container <> $1 AND container = $2) AS desconhecidos,
            count(*) AS todas FROM ${armazem.tabelas.execucoes}`,
    container,
    DESCONHECIDO,
  );
  const { este = 0, outros = 0, desconhecidos = 0, todas = 0 } = contados ?? {};
  const deFora = todas - este - outros - desconhecidos;
  const detalhe = [
    `execuções de outros containers: ${emMilhares(outros)}`,
    `deste (${container}): ${emMilhares(este)}`,
    ...(deFora > 0 ? [`de fora de um container: ${emMilhares(deFora)}`] : []),
    ...(desconhecidos > 0 ? [`de origem desconhecida: ${emMilhares(desconhecidos)}`] : []),
  ].join('; ');
  return outros === 0 ? pular(detalhe) : aprovar(detalhe);
}
