import { Falha } from '../lib/falhas.ts';
import { Diario } from './diario.ts';
import { ouvir } from './docker.ts';
import type { Palco } from './palco.ts';

/** Um volume do usuário tem de existir e estar vazio, ou guardar só o nosso arquivo, aprovado pelo leitor. */
export async function examinarVolume(palco: Palco): Promise<void> {
  const { volume } = palco;
  if ((await palco.docker.inspecionar('volume', volume)) === undefined) {
    throw new Falha(
      'nadaParaLer',
      `o volume ${volume} não existe`,
      `Crie-o (docker volume create ${volume}), ou veja os que há com "docker volume ls".`,
    );
  }
  const listar = `try { console.log(JSON.stringify(require('node:fs').readdirSync('/exame'))); }
    catch (erro) { console.log(JSON.stringify(erro.code)); }`;
  const lista = await ouvir(() => palco.bun([`${volume}:/exame:ro,nocopy`], listar));
  const nomes: unknown = lista.codigo === 0 ? JSON.parse(lista.saida) : lista.erros.trim();
  if (!Array.isArray(nomes)) {
    const remedio = 'Dê acesso a ele ao usuário 65532, que é quem os containers usam.';
    throw new Falha('semPermissao', `não é possível listar o volume ${volume} (${nomes})`, remedio);
  }
  const nossos = ['desafio2.db', 'desafio2.db-journal', 'lost+found'];
  const alheios = nomes.filter((nome) => !nossos.includes(nome));
  if (alheios.length > 0) {
    throw new Falha(
      'reprovado',
      `o volume ${volume} guarda outra coisa (${alheios.slice(0, 3).join(', ')})`,
      'Indique um volume vazio, ou um que o escritor deste projeto escreveu; este fica como está.',
    );
  }
  if (!nomes.includes('desafio2.db')) return;
  const { codigo, mostrado, erros } = await palco.leitor(volume, { forma: 'json', semDiario: true });
  if (mostrado?.recibo && [0, 69].includes(codigo)) {
    const { visao } = await palco.ver(volume, new Diario());
    const antes = { execucoes: visao.execucoes, registros: visao.registros, ultimoId: visao.ultimo_id ?? 0 };
    palco.trocarDiario(volume, new Diario({ ...antes, recibo: mostrado.recibo }));
    return;
  }
  const dito = erros.split('\n').find((linha) => linha.startsWith('leitor: ')) ?? `código ${codigo}`;
  const motivo = codigo === 75 ? 'tenteDeNovo' : 'reprovado';
  const remedio =
    codigo === 75 ? 'Rode o escritor uma vez nesse volume.' : 'Indique outro volume; este fica como está.';
  throw new Falha(motivo, `o leitor não aprova o que o volume ${volume} já guarda: ${dito}`, remedio);
}
