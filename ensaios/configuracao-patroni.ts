import { join } from 'node:path';
import { portaLivre } from '../apoio/maquina.ts';
import { acharPostgres } from '../apoio/postgres.ts';

/** Onde um nó atende, e onde guarda o que é seu. */
export interface Lugar {
  porta: number;
  /** A porta do próprio Patroni. */
  api: number;
  pasta: string;
}

/** O comando de um etcd sozinho. */
export function comandoDoEtcd(pasta: string, porta: number): string[] {
  const [clientes, pares] = [porta, portaLivre()].map((uma) => `http://127.0.0.1:${uma}`);
  return [
    'etcd',
    `--data-dir=${pasta}`,
    `--listen-client-urls=${clientes}`,
    `--advertise-client-urls=${clientes}`,
    `--listen-peer-urls=${pares}`,
    `--initial-advertise-peer-urls=${pares}`,
    `--initial-cluster=default=${pares}`,
  ];
}

/** A configuração de um nó, que o Patroni também lê em JSON: com réplica síncrona, e os menores prazos que ele aceita. */
export function configurarPatroni(nome: string, { porta, api, pasta }: Lugar, etcd: number) {
  const [aqui, atende] = [`127.0.0.1:${porta}`, `127.0.0.1:${api}`];
  const parameters = {
    synchronous_commit: 'off',
    dynamic_shared_memory_type: 'mmap',
    shared_buffers: '32MB',
  };
  const prazos = { ttl: 20, loop_wait: 1, retry_timeout: 3 };
  return {
    scope: 'desafio2',
    name: nome,
    restapi: { listen: atende, connect_address: atende },
    etcd3: { host: `127.0.0.1:${etcd}` },
    bootstrap: {
      dcs: { ...prazos, synchronous_mode: true, postgresql: { use_pg_rewind: true, parameters } },
      initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'data-checksums', 'no-sync'],
    },
    postgresql: {
      listen: aqui,
      connect_address: aqui,
      data_dir: join(pasta, 'dados'),
      bin_dir: acharPostgres(),
      pgpass: join(pasta, 'senhas'),
      pg_hba: ['local all all trust', 'host all all all trust', 'host replication all all trust'],
      authentication: { superuser: { username: 'postgres' }, replication: { username: 'postgres' } },
      parameters: { unix_socket_directories: pasta },
      // Quem não consegue voltar atrás até o que o primário tem o copia de novo.
      remove_data_directory_on_rewind_failure: true,
      remove_data_directory_on_diverged_timelines: true,
    },
  };
}
