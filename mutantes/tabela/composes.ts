import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Compose, Mutante, Servico } from '../mutante.ts';

/** Muda os dois serviços. */
function nosDois(mudar: (servico: Servico) => void): (documento: Compose) => void {
  return ({ services }) => {
    mudar(services.escritor);
    mudar(services.leitor);
  };
}

/** Um Compose em que os dois serviços não têm uma das chaves. */
function semChave(chave: string, nome: string, viola: string, afirmacao: RegExp): Mutante {
  return {
    nome: `compose-${nome}`,
    viola,
    compose: nosDois((servico) => {
      delete servico[chave];
    }),
    prova: { cenas: [3], afirmacao },
  };
}

/** Um Compose em que os dois serviços têm outro valor numa das chaves. */
function comChave(chave: string, valor: unknown, nome: string, viola: string, afirmacao: RegExp): Mutante {
  return {
    nome: `compose-${nome}`,
    viola,
    compose: nosDois((servico) => {
      servico[chave] = valor;
    }),
    prova: { cenas: [3], afirmacao },
  };
}

/** Um Compose em que os dois serviços montam outra coisa em /data. */
function montando(nome: string, viola: string, volume: (pasta: string) => Servico | undefined): Mutante {
  return {
    nome: `compose-${nome}`,
    viola,
    compose: (documento, pasta) => {
      const montagem = volume(pasta);
      nosDois((servico) => {
        servico.volumes = montagem ? [montagem] : [];
      })(documento);
      if (montagem) documento.services.leitor.volumes = [{ ...montagem, read_only: true }];
    },
    prova: { cenas: [4], afirmacao: /as montagens são/ },
  };
}

/** Arquivos do Compose e Dockerfiles que não cumprem o que o README diz dos containers. */
export const COMPOSES: Mutante[] = [
  {
    ...comChave(
      'command',
      ['--ajuda'],
      'que-so-da-ajuda',
      '"docker compose up" escreve e depois confere',
      /./,
    ),
    prova: { cenas: [6], afirmacao: /o escritor mostra o seu recibo/ },
  },
  {
    nome: 'compose-de-leitor-root',
    viola: 'ninguém é root',
    compose: ({ services }) => {
      services.leitor.user = '0:0';
    },
    prova: { cenas: [4], afirmacao: /o usuário é/ },
  },
  comChave('cap_add', ['NET_RAW'], 'com-uma-capacidade', 'sem capacidades', /ganhou capacidades/),
  semChave('cap_drop', 'sem-cap-drop', 'sem capacidades', /só perdeu/),
  semChave('read_only', 'de-raiz-gravavel', 'a raiz é somente leitura', /a raiz aceita/),
  comChave('privileged', true, 'privilegiado', 'sem privilégios', /é privilegiado/),
  semChave('security_opt', 'sem-no-new-privileges', 'no-new-privileges', /security_opt/),
  {
    nome: 'compose-de-rede-aberta',
    viola: 'a rede não tem saída',
    compose: ({ networks }) => {
      for (const rede of Object.values(networks)) delete rede.internal;
    },
    prova: { cenas: [6], afirmacao: /tem saída/ },
  },
  {
    nome: 'compose-com-duas-redes',
    viola: 'uma só rede, sem saída',
    compose: ({ services, networks }) => {
      networks.aberta = {};
      services.leitor.networks = [...(services.leitor.networks as string[]), 'aberta'];
    },
    prova: { cenas: [6], afirmacao: /rede/ },
  },
  {
    nome: 'compose-na-rede-da-maquina',
    viola: 'a rede não tem saída',
    compose: nosDois((servico) => {
      delete servico.networks;
      servico.network_mode = 'host';
    }),
    prova: { cenas: [6], afirmacao: /rede/ },
  },
  {
    ...semChave('depends_on', 'sem-ordem', 'o leitor começa depois que o escritor terminou bem', /./),
    prova: { cenas: [6], afirmacao: /depois de o escritor/ },
  },
  {
    nome: 'compose-que-nao-espera',
    viola: 'o leitor começa depois que o escritor terminou bem, e não só depois que começou',
    compose: ({ services }) => {
      services.leitor.depends_on = { escritor: { condition: 'service_started' } };
    },
    prova: { cenas: [6], afirmacao: /depois de o escritor/ },
  },
  {
    nome: 'compose-de-leitor-que-escreve',
    viola: 'para o leitor o volume é somente leitura',
    compose: ({ services }) => {
      for (const volume of services.leitor.volumes as Servico[]) delete volume.read_only;
    },
    prova: { cenas: [4], afirmacao: /as montagens são/ },
  },
  montando('sem-volume', 'os dois dividem um volume', () => undefined),
  montando('de-volume-anonimo', 'o volume tem nome, e fica', () => ({ type: 'volume', target: '/data' })),
  montando('de-pasta-do-host', 'o que se monta é um volume, e não uma pasta', (pasta) => {
    mkdirSync(join(pasta, 'dados'));
    chmodSync(join(pasta, 'dados'), 0o777);
    return { type: 'bind', source: './dados', target: '/data' };
  }),
  {
    nome: 'compose-com-outra-montagem',
    viola: 'cada container só tem o volume',
    compose: ({ services }) => {
      const outra = { type: 'bind', source: './lib', target: '/mais', read_only: true };
      services.leitor.volumes = [...(services.leitor.volumes as Servico[]), outra];
    },
    prova: { cenas: [4], afirmacao: /as montagens são/ },
  },
  comChave('pid', 'host', 'com-os-processos-da-maquina', 'o mínimo de poder', /divide processos/),
  comChave('ipc', 'host', 'com-a-memoria-da-maquina', 'o mínimo de poder', /divide memória/),
  comChave(
    'devices',
    ['/dev/null:/dev/mais'],
    'com-um-dispositivo',
    'o mínimo de poder',
    /dispositivos da máquina/,
  ),
  comChave('group_add', ['0'], 'com-um-grupo-a-mais', 'o mínimo de poder', /mais grupos/),
  comChave(
    'ports',
    ['127.0.0.1::9'],
    'que-publica-portas',
    'nenhum dos dois precisa de rede',
    /publica portas/,
  ),
  semChave('mem_limit', 'sem-limite-de-memoria', 'a memória tem limite', /limite de memória/),
  semChave('pids_limit', 'sem-limite-de-processos', 'os processos têm limite', /limite de processos/),
  semChave('init', 'sem-init', 'um init repassa os sinais e recolhe processos', /não tem init/),
  {
    nome: 'compose-surdo-a-variavel-recibo',
    viola: '$RECIBO chega ao leitor',
    compose: ({ services }) => {
      delete services.leitor.environment;
    },
    prova: { cenas: [6], afirmacao: /\$RECIBO/ },
  },
  {
    nome: 'dockerfile-como-root',
    viola: 'a imagem não é de root, também sem o Compose',
    trocas: [['Dockerfile', 'USER 65532:65532\n', 'USER 0:0\n']],
    prova: { cenas: [1], afirmacao: /não é do root/ },
  },
];
