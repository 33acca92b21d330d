import { expect, setDefaultTimeout, test } from 'bun:test';
import { containersDe, dockerOuErro, projetoTemporario } from '../apoio/docker.ts';
import { grupoQuePrecisa } from '../apoio/exigencias.ts';
import { PRAZO_MS } from '../apoio/processos.ts';
import { recibosDe, verificacao } from '../apoio/programas.ts';

setDefaultTimeout(PRAZO_MS);

grupoQuePrecisa('docker', 'os dois serviços do Compose', () => {
  test('up mostra os dois em ordem; um segundo up continua; os dados sobrevivem a down', async () => {
    await using projeto = projetoTemporario();
    await projeto.prepararImagens();
    const primeiro = await projeto.compose(['up', '--no-color']);
    const posicao = (texto: string) => primeiro.saida.indexOf(texto);
    expect(posicao('escritor-1')).toBeGreaterThan(-1);
    expect(posicao('Usuários gravados: 3. No total: 3.')).toBeLessThan(
      posicao('Banco /data/desafio2.db, lido por'),
    );
    expect(primeiro.saida).toContain('APROVADO, persistência comprovada');
    expect(primeiro.codigo).toBe(0);
    const [reciboUm = ''] = recibosDe(primeiro.saida);

    const segundo = await projeto.compose(['up', '--no-color']);
    const [reciboDois = ''] = recibosDe(segundo.saida);
    expect(reciboDois).toStartWith('2:');

    expect((await projeto.compose(['down'])).codigo).toBe(0);
    expect(await containersDe(projeto.nome)).toEqual([]);
    expect(await dockerOuErro('volume', 'ls', '-q', '--filter', `name=${projeto.volume}`)).toBe(
      projeto.volume,
    );

    const { saida, codigo } = await projeto.leitor('--json', '-r', reciboUm, '--recibo', reciboDois);
    const laudo = JSON.parse(saida);
    expect(laudo).toMatchObject({ aprovado: true, registros: 6, execucoes: 2, recibo: reciboDois });
    expect(codigo).toBe(0);
    expect(laudo.container).toMatch(/^[0-9a-f]{12}$/);
    expect(laudo.ultimas_execucoes.map(({ container }: { container: string }) => container)).not.toContain(
      laudo.container,
    );
    expect(verificacao(laudo, 'volume').detalhe).toMatch(
      new RegExp(`^volume ${projeto.volume} em /data: [a-z0-9]+, somente leitura$`),
    );
    expect(verificacao(laudo, 'origem').resultado).toBe('aprovada');
  });

  test('os containers têm só o poder de que precisam', async () => {
    await using projeto = projetoTemporario();
    await projeto.prepararImagens();
    const sonda = `
      const { readFileSync, writeFileSync, readdirSync } = require('fs');
      const tentar = (caminho) => { try { writeFileSync(caminho, 'x'); return 'escreveu'; } catch (e) { return e.code; } };
      const estado = readFileSync('/proc/self/status', 'utf8');
      const campo = (nome) => estado.match(new RegExp('^' + nome + ':\\\\s*(\\\\S+)', 'm'))[1];
      const rotas = readFileSync('/proc/net/route', 'utf8').split('\\n').filter((l) => l.split('\\t')[1] === '00000000');
      console.log(JSON.stringify({
        data: tentar('/data/sonda'), raiz: tentar('/sonda'), app: tentar('/app/programa.js'),
        uid: campo('Uid'), caps: campo('CapBnd'), semNovos: campo('NoNewPrivs'), rotas: rotas.length,
        app_tem: readdirSync('/app'),
      }));`;
    const sondar = async (servico: string) => {
      const bun = ['--entrypoint', '/usr/local/bin/bun', servico, '-e', sonda];
      return JSON.parse((await projeto.compose(['run', '--rm', '--no-deps', ...bun])).saida);
    };
    const comum = {
      raiz: 'EROFS',
      app: 'EACCES',
      uid: '65532',
      caps: '0000000000000000',
      semNovos: '1',
      rotas: 0,
      app_tem: ['programa.js'],
    };
    expect(await sondar('escritor')).toEqual({ ...comum, data: 'escreveu' });
    expect(await sondar('leitor')).toEqual({ ...comum, data: 'EROFS' });
  });
});

grupoQuePrecisa(['docker', 'longos'], 'os dois serviços do Compose, com opções', () => {
  test('run --rm passa as opções e os códigos de saída dos dois programas', async () => {
    await using projeto = projetoTemporario();
    await projeto.prepararImagens();
    expect((await projeto.leitor()).codigo).toBe(66);
    const escrita = await projeto.escritor('-n', '2', '-e', '2', '--json');
    expect(recibosDe(escrita.saida)).toHaveLength(2);
    expect(escrita.codigo).toBe(0);
    expect((await projeto.escritor('--nada')).codigo).toBe(64);
    expect((await projeto.leitor('-r', `1:${'0'.repeat(64)}`)).codigo).toBe(65);
    expect(await containersDe(projeto.nome)).toEqual([]);
  });

  test('o $RECIBO chega ao leitor se existe, e só então; vazio, é um erro', async () => {
    await using projeto = projetoTemporario();
    await projeto.prepararImagens();
    const [recibo = ''] = recibosDe((await projeto.escritor('--json')).saida);
    const ler = (ambiente: Record<string, string>, ...opcoes: string[]) =>
      projeto.compose(['run', '--rm', '--no-deps', 'leitor', ...opcoes], ambiente);
    const sem = await ler({});
    expect(sem.saida).toContain('pulada: nenhum recibo foi exigido');
    expect(sem.codigo).toBe(0);
    expect((await ler({ RECIBO: `1:${'0'.repeat(64)}` })).codigo).toBe(65);
    const vazio = await ler({ RECIBO: '' });
    expect(vazio.erros).toContain('$RECIBO existe, mas não tem nenhum recibo');
    expect(vazio.codigo).toBe(64);
    const com = await ler({ RECIBO: recibo }, '--json');
    expect(verificacao(JSON.parse(com.saida), 'recibos').detalhe).toBe('1 exigido, e está na cadeia');
    expect(JSON.parse(com.saida)).toMatchObject({ aprovado: true, execucoes: 1 });
    expect(com.codigo).toBe(0);
  });
});
