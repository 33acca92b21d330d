import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Compose, Mutante, Servico } from '../mutante.ts';

/** Muda os dois serviços. */
export function nosDois(mudar: (servico: Servico) => void): (documento: Compose) => void {
  return ({ services }) => {
    mudar(services.escritor);
    mudar(services.leitor);
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
      // O engine recusa um volume sem nome que seja somente leitura.
      if (montagem?.source) documento.services.leitor.volumes = [{ ...montagem, read_only: true }];
    },
    prova: { cenas: [4], afirmacao: /as montagens são/ },
  };
}

/** Arquivos do Compose que não cumprem o que o README diz dos containers, da rede e do volume. */
export const COMPOSES: Mutante[] = [
  {
    nome: 'compose-de-leitor-root',
    viola: 'ninguém é root',
    compose: ({ services }) => {
      services.leitor.user = '0:0';
    },
    prova: { cenas: [4], afirmacao: /o usuário é/ },
  },
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
    nome: 'compose-sem-ordem',
    viola: 'o leitor começa depois que o escritor terminou bem',
    compose: ({ services }) => {
      delete services.leitor.depends_on;
    },
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
  {
    nome: 'compose-de-outro-projeto',
    viola: 'o projeto se chama desafio2',
    compose: (documento) => {
      documento.name = 'outro';
    },
    prova: { cenas: [1], afirmacao: /o Compose lê/ },
  },
  {
    nome: 'compose-de-outro-volume',
    viola: 'o volume se chama desafio2_volume',
    compose: ({ volumes }) => {
      volumes.dados_db = {};
    },
    prova: { cenas: [1], afirmacao: /o Compose lê/ },
  },
  {
    nome: 'compose-externo-que-nao-e-externo',
    viola: 'com compose.externo.yaml, nem "down -v" apaga o volume',
    trocas: [['compose.externo.yaml', 'external: true', 'external: false']],
    prova: { cenas: [1], afirmacao: /externo/ },
  },
  {
    nome: 'compose-de-rede-com-nome-fixo',
    viola: 'dois projetos não dividem uma rede',
    compose: ({ networks }) => {
      for (const rede of Object.values(networks)) rede.name = 'desafio2-prova-mutante-rede';
    },
    prova: { cenas: [1], afirmacao: /o Compose lê/ },
  },
  {
    nome: 'compose-com-outra-etiqueta',
    viola: 'cada projeto tem as suas imagens, e só elas',
    compose: ({ services }) => {
      (services.leitor.build as Servico).tags = ['desafio2-prova-mutante-etiqueta'];
    },
    prova: { cenas: [1], afirmacao: /o Compose lê/ },
  },
  {
    nome: 'compose-com-um-servico-escondido',
    viola: 'dois serviços, e mais nenhum',
    compose: ({ services }) => {
      const escondido = { image: 'desafio2-nada', profiles: ['depurar'], privileged: true, user: '0:0' };
      Object.assign(services, { depurador: escondido });
    },
    prova: { cenas: [1], afirmacao: /o Compose lê/ },
  },
  {
    nome: 'compose-com-o-env-da-pasta',
    viola: 'um .env da pasta não chega aos programas',
    compose: ({ services }) => {
      services.leitor.env_file = [{ path: '.env', required: false }];
    },
    prova: { cenas: [1], afirmacao: /o Compose lê/ },
  },
  {
    nome: 'compose-surdo-a-volume-dados',
    viola: '$VOLUME_DADOS diz o nome do volume',
    compose: ({ volumes }) => {
      volumes.dados_db = { name: 'desafio2_volume' };
    },
    // Usaria o volume de verdade de quem o roda: só a cena que o pergunta ao Compose, sem montar nada.
    prova: { cenas: [1], afirmacao: /com VOLUME_DADOS/ },
  },
  {
    nome: 'compose-surdo-a-variavel-recibo',
    viola: '$RECIBO chega ao leitor',
    compose: ({ services }) => {
      delete services.leitor.environment;
    },
    prova: { cenas: [6], afirmacao: /\$RECIBO/ },
  },
];
