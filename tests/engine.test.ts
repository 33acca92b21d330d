// Tudo o que fala com o engine do Docker.
import { juntar } from './apoio/juntar.ts';

await juntar('engine');
