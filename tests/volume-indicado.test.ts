import { expect, setDefaultTimeout, test } from 'bun:test';
import { descreverCausa } from '../prova/causa.ts';
import { conhecer } from '../prova/sistemas.ts';
import { contarToques } from '../prova/toques.ts';
import { PRAZO_MS } from './apoio/processos.ts';
import { provaDe } from './apoio/provas.ts';

setDefaultTimeout(PRAZO_MS);

test('descreverCausa() nomeia a primeira afirmação que reprova, e o que se viu', () => {
  expect(descreverCausa(provaDe(1, 'as travas travam'))).toStartWith(
    'no volume desafio2-prova-0-dados, cena 0, não se confirmou: as travas travam (0) (visto: {"codigo":0',
  );
  expect(descreverCausa({ volume: 'meu', cenas: [] })).toBe('nenhuma cena pôde ser feita');
});

test('contarToques() só conta as que mostram um comando com o volume, e nenhuma se ele é da prova', () => {
  const prova = provaDe(0);
  expect(contarToques(prova)).toBe('');
  const comandos = ['run -v meu:/data x', 'VOLUME_DADOS=meu docker', 'run -v meu-outro:/data x', undefined];
  const afirmacoes = comandos.map((comando) => ({
    ...{ texto: 'x', aprovada: true, esperado: 0, visto: 0 },
    ...(comando && { comando }),
  }));
  const [cena] = prova.cenas;
  const cenas = cena ? [{ ...cena, afirmacoes }] : [];
  expect(contarToques({ ...prova, volume: 'meu', cenas })).toBe(
    'Tocaram no volume meu: 2 das 4 afirmações; 2, não.',
  );
});

test('conhecer() distingue um disco, uma rede, o que é compartilhado e o que um programa mostra', () => {
  expect(conhecer('ext4')).toStartWith('um disco');
  expect(conhecer('nfs4')).toStartWith('em rede');
  expect(conhecer('fuse.sshfs')).toStartWith('em rede');
  expect(conhecer('virtiofs')).toStartWith('de outro sistema');
  expect(conhecer('fuse.meu')).toStartWith('um programa responde');
  expect(conhecer('meufs')).toBeUndefined();
});
