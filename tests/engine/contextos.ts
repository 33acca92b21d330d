import { expect, setDefaultTimeout, test } from 'bun:test';
import { chownSync, mkdirSync, readFileSync } from 'node:fs';
import { ate } from '../../apoio/processo.ts';
import { imagemBase } from '../../apoio/projeto.ts';
import { pastaTemporaria } from '../apoio/bancos.ts';
import { dockerOuErro, projetoTemporario } from '../apoio/docker.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { provar } from '../apoio/prova.ts';

setDefaultTimeout(PRAZO_MS);

/**
 * Outro engine nesta máquina, com a imagem base, como se fosse outra. Numa rede só sua: com `--bridge none`, apagaria
 * o docker0 do primeiro.
 */
async function outroEngine(em: (nome: string) => string) {
  const host = `unix://${em('sock')}`;
  const pastas = ['--data-root', em('data'), '--exec-root', em('exec'), '--pidfile', em('pid')];
  const semRede = ['--bridge', 'none', '--iptables=false', '--ip6tables=false'];
  const engine = Bun.spawn(['unshare', '--net', 'dockerd', ...pastas, '--host', host, ...semRede], {
    stdio: ['ignore', Bun.file(em('log')), Bun.file(em('log'))],
  });
  const acabar = async () => {
    engine.kill();
    await engine.exited;
  };
  try {
    const responde = () => Bun.spawnSync(['docker', '-H', host, 'info']).success;
    await ate(() => responde() || engine.exitCode !== null, 'o outro engine responda');
    if (!responde()) throw new Error(readFileSync(em('log'), 'utf8').split('\n').slice(-5).join('\n'));
    const levar = `docker save ${imagemBase()} | docker -H ${host} load`;
    if (!Bun.spawnSync(['sh', '-c', levar]).success) throw new Error(`falhou: ${levar}`);
  } catch (erro) {
    await acabar();
    throw erro;
  }
  return { host, [Symbol.asyncDispose]: acabar };
}

// Só onde se pede, e há um dockerd que se possa começar: o engine pode estar noutra máquina.
grupoQuePrecisa(['docker', 'root', 'longos'], 'prova em duas máquinas', () => {
  test.skipIf(!Bun.which('dockerd'))(
    'aprova uma pasta das duas, e não dois volumes do mesmo nome',
    async () => {
      using pasta = pastaTemporaria();
      await using projeto = projetoTemporario();
      await using outro = await outroEngine(pasta.em);
      const ambiente = { DOCKER_CONFIG: pasta.em('config') };
      mkdirSync(pasta.em('config'));
      const longe = Bun.spawnSync(
        ['docker', 'context', 'create', 'longe', '--docker', `host=${outro.host}`],
        {
          env: { ...process.env, ...ambiente },
        },
      );
      expect(longe.exitCode).toBe(0);
      mkdirSync(pasta.em('dados'));
      chownSync(pasta.em('dados'), 65532, 65532);
      const daPasta = ['type=none', 'o=bind', `device=${pasta.em('dados')}`].flatMap((um) => ['--opt', um]);
      const [mesmo, dois] = [`${projeto.nome}-mesmo`, `${projeto.nome}-dois`];
      for (const engine of [[], ['-H', outro.host]]) {
        await dockerOuErro(...engine, 'volume', 'create', ...daPasta, mesmo);
        await dockerOuErro(...engine, 'volume', 'create', dois);
      }
      const emDuas = ['--cena', '0', '--contexto', 'default', '--contexto', 'longe', '--volume'];
      const aprovada = await provar([...emDuas, mesmo], { ambiente });
      expect(aprovada.erros).toBe('');
      expect(aprovada.codigo).toBe(0);
      const reprovada = await provar([...emDuas, dois], { ambiente });
      expect(reprovada.erros).toContain('as travas travam: o que um container tem, outro não');
      expect(reprovada.codigo).toBe(65);
      expect(await dockerOuErro('-H', outro.host, 'ps', '-aq')).toBe('');
      expect(await dockerOuErro('-H', outro.host, 'images', '--format', '{{.Repository}}')).not.toContain(
        'prova',
      );
    },
  );
});
