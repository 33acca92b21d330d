import { SEM_OLHAR_A_ASSINATURA } from '../../ensaios/autoria.ts';
import { POR_CIMA, SEM_RELER } from '../../ensaios/lembranca.ts';
import { ANTES_DO_VEREDITO, PELO_QUE_O_VOLUME_DIZ } from '../../ensaios/memoria.ts';
import { SEM_LEMBRAR } from '../../ensaios/vigia.ts';
import type { Mutante } from '../mutante.ts';

/** Leitores que não sabem quem escreveu, ou que se lembram mal, e um vigia que esquece. */
export const MEMORIAS: Mutante[] = [
  {
    nome: 'leitor-que-nao-olha-a-assinatura',
    viola: 'com uma chave pública, só passa o que a privada dela assinou',
    trocas: SEM_OLHAR_A_ASSINATURA,
    ensaio: { nome: 'autoria', precisa: ['openssl'] },
  },
  {
    nome: 'leitor-de-qualquer-assinatura',
    viola: 'o que quem não tem a chave acrescenta não passa',
    trocas: SEM_OLHAR_A_ASSINATURA,
    prova: { cenas: [18], afirmacao: /sem chave acrescenta|selada de novo, sem recibo/ },
  },
  {
    nome: 'programas-que-assinam-outro-texto',
    viola: 'o que se assina é o que os documentos dizem',
    trocas: [['lib/cadeia/assinaturas.ts', '`desafio2 recibo\\n', '`']],
    prova: { cenas: [18], afirmacao: /a chave pública o confere/ },
  },
  {
    nome: 'leitor-surdo-a-memoria',
    viola: 'o que foi aprovado da última vez é exigido desta',
    trocas: [['lib/cadeia/exigencias.ts', 'if (lembrado) recibos.push(lembrado);', '']],
    prova: { cenas: [18], afirmacao: /cópia antiga/ },
  },
  {
    nome: 'memoria-antes-do-veredito',
    viola: 'a memória só guarda o que foi aprovado',
    trocas: ANTES_DO_VEREDITO,
    ensaio: { nome: 'memoria' },
  },
  {
    nome: 'memoria-pelo-que-o-volume-diz',
    viola: 'um volume trocado não começa uma memória nova',
    trocas: PELO_QUE_O_VOLUME_DIZ,
    ensaio: { nome: 'memoria' },
  },
  {
    nome: 'memoria-escrita-por-cima',
    viola: 'uma memória nunca se vê pela metade',
    trocas: POR_CIMA,
    ensaio: { nome: 'lembranca' },
  },
  {
    nome: 'memoria-sem-reler',
    viola: 'uma memória nunca volta a um recibo mais antigo',
    trocas: SEM_RELER,
    ensaio: { nome: 'lembranca' },
  },
  {
    nome: 'vigia-que-esquece-o-recibo',
    viola: 'um volume que volta a uma cópia antiga é notado na ronda seguinte',
    trocas: SEM_LEMBRAR,
    ensaio: { nome: 'vigia', precisa: ['docker'] },
  },
];
