// O escritor e o leitor como os vê quem os roda: cada teste começa processos.
import { juntar } from './apoio/juntar.ts';

await juntar('programas');
