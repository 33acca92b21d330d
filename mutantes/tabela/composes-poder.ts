import type { Mutante } from '../mutante.ts';
import { nosDois } from './composes.ts';

/** O que os dois serviços têm numa chave (com `null`, não a têm), o que isso desmente, e quem e em que cena o vê. */
type Linha = [nome: string, chave: Record<string, unknown>, viola: string, afirmacao: RegExp, cena?: number];

const LINHAS: Linha[] = [
  ['com-uma-capacidade', { cap_add: ['NET_RAW'] }, 'sem capacidades', /CapAdd é/],
  ['sem-cap-drop', { cap_drop: null }, 'sem capacidades', /só perdeu/],
  ['de-raiz-gravavel', { read_only: null }, 'a raiz é somente leitura', /a raiz aceita/],
  ['privilegiado', { privileged: true }, 'sem privilégios', /Privileged é/],
  ['sem-no-new-privileges', { security_opt: null }, 'nenhum privilégio novo', /security_opt/],
  ['com-os-processos-da-maquina', { pid: 'host' }, 'o mínimo de poder', /PidMode é/],
  ['com-a-memoria-da-maquina', { ipc: 'host' }, 'o mínimo de poder', /IpcMode é/],
  ['com-um-dispositivo', { devices: ['/dev/null:/dev/mais'] }, 'o mínimo de poder', /Devices é/],
  ['com-um-grupo-a-mais', { group_add: ['0'] }, 'o mínimo de poder', /GroupAdd é/],
  ['sem-limite-de-memoria', { mem_limit: null }, 'a memória tem limite', /limite de memória/],
  ['sem-limite-de-processos', { pids_limit: null }, 'os processos têm limite', /limite de processos/],
  ['de-limites-sem-fim', { mem_limit: '1t' }, 'a memória tem limite', /limite de memória/],
  ['com-um-tmpfs', { tmpfs: ['/tmp'] }, 'só o volume aceita escrita', /Tmpfs é/],
  ['com-o-nome-da-maquina', { uts: 'host' }, 'nada é dividido com a máquina', /UTSMode é/],
  ['com-troca-sem-fim', { memswap_limit: -1 }, 'a memória tem limite', /memória com troca/],
  ['de-outro-sinal', { stop_signal: 'SIGKILL' }, '"docker stop" chega ao programa', /StopSignal/],
  ['sem-registro', { logging: { driver: 'none' } }, 'o recibo fica nos logs', /LogConfig/],
  ['que-muda-o-kernel', { sysctls: { 'net.ipv4.ip_forward': 1 } }, 'o mínimo de poder', /Sysctls/],
  ['com-mais-uma-variavel', { environment: ['BUN_OPTIONS=--smol'] }, 'o mínimo de poder', /Env é/],
  ['sem-init', { init: null }, 'um init repassa os sinais e recolhe processos', /não tem init/],
  // "docker compose run" não publica as portas do serviço, nem o reinicia; "up", sim.
  ['que-publica-portas', { ports: ['127.0.0.1::9'] }, 'nenhum dos dois precisa de rede', /PortBindings é/, 6],
  ['que-reinicia', { restart: 'on-failure:1' }, 'cada um roda uma vez', /se reinicia/, 6],
  ['que-reinicia-ate-dar-certo', { restart: 'on-failure' }, 'cada um roda uma vez', /se reinicia/, 6],
  ['que-reinicia-sempre', { restart: 'always' }, 'cada um roda uma vez', /se reinicia/, 6],
  [
    'que-so-da-ajuda',
    { command: ['--ajuda'] },
    '"docker compose up" escreve e depois confere',
    /mostra o seu recibo/,
    6,
  ],
];

/** Arquivos do Compose que dão aos containers outro poder do que o README diz. */
export const PODERES: Mutante[] = LINHAS.map(([nome, chave, viola, afirmacao, cena = 3]) => ({
  nome: `compose-${nome}`,
  viola,
  compose: nosDois((servico) => {
    for (const [qual, valor] of Object.entries(chave)) {
      if (valor === null) delete servico[qual];
      else servico[qual] = valor;
    }
  }),
  prova: { cenas: [cena], afirmacao },
}));
