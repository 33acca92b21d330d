// Limpa depois dos testes: bun guarda.ts PASTA, com um pipe dos testes em stdin. Quando ele se fecha eles acabaram,
// e nada do que tem a marca deles (a PASTA em `TMPDIR` ou `HOME`, ou o nome dela no engine) deve ficar.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';

/** Quanto têm os programas para limpar o que é deles, antes de um SIGKILL: a prova fala com o engine. */
const DESPEDIDA_MS = 60_000;

const [, , pasta = ''] = process.argv;
if (!/\/desafio2-teste-[0-9a-f]{8}$/.test(pasta)) throw new Error(`"${pasta}" não é a pasta de uma rodada`);

const recados = await Bun.stdin.text();
await acabarProgramas();
desmontar();
rmSync(pasta, { recursive: true, force: true });
if (recados.includes('engine')) limparEngine(basename(pasta));

async function acabarProgramas(): Promise<void> {
  const limite = performance.now() + DESPEDIDA_MS;
  let vivos = programas();
  // Só a quem não tem outro deles acima: um comando com que a prova já se limpa não deve morrer no meio.
  sinalizar(
    vivos.filter((pid) => !vivos.includes(paiDe(pid))),
    'SIGTERM',
  );
  while (vivos.length > 0) {
    if (performance.now() > limite) sinalizar(vivos, 'SIGKILL');
    await Bun.sleep(50);
    vivos = programas();
  }
}

/** Os processos que herdaram a marca, menos os que já morreram e ninguém recolheu. */
function programas(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && temMarca(pid));
}

function temMarca(pid: number): boolean {
  try {
    // Só essas duas: um PWD ali pode ser o de quem espreita a pasta.
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .map((variavel) => variavel.match(/^(?:TMPDIR|HOME)=(.*)$/s)?.[1])
      .some((valor) => valor === pasta || valor?.startsWith(`${pasta}/`));
  } catch {
    return false; // acabou, ou é de outro usuário
  }
}

/** O PID de quem começou um processo, ou de quem o herdou (proc_pid_stat(5)); 0 se já não o há. */
function paiDe(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
  } catch {
    return 0;
  }
}

function sinalizar(pids: number[], sinal: 'SIGTERM' | 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, sinal);
      // Um processo que um teste deixou parado só responde quando continua.
      if (sinal === 'SIGTERM') process.kill(pid, 'SIGCONT');
    } catch {} // acabou entretanto
  }
}

function desmontar(): void {
  const pontos = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((linha) => linha.split(' ')[1] ?? '');
  for (const ponto of pontos.filter((candidato) => candidato.startsWith(`${pasta}/`)).reverse()) {
    Bun.spawnSync(['umount', '--lazy', ponto]);
  }
}

function limparEngine(nome: string): void {
  const filtro = ['--filter', `name=${nome}`];
  remover(['rm', '-f', '-v'], ['ps', '-aq', ...filtro]);
  remover(['network', 'rm'], ['network', 'ls', '-q', ...filtro]);
  remover(['volume', 'rm', '-f'], ['volume', 'ls', '-q', ...filtro]);
  const imagens = ['--filter', `reference=${nome}*`, '--format', '{{.Repository}}:{{.Tag}}'];
  remover(['image', 'rm', '-f'], ['images', ...imagens]);
}

/** Remove com um comando do Docker o que outro lista. */
function remover(comando: string[], lista: string[]): void {
  const achados = docker(lista).split('\n').filter(Boolean);
  if (achados.length > 0) docker([...comando, ...achados]);
}

function docker(argumentos: string[]): string {
  const { stdout, stderr, success } = Bun.spawnSync(['docker', ...argumentos], { timeout: DESPEDIDA_MS });
  if (!success) process.stderr.write(`limpeza: docker ${argumentos.join(' ')}: ${stderr}\n`);
  return stdout.toString();
}
