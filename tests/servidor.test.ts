// Tudo o que fala com um servidor PostgreSQL, e o que um arquivo e um servidor cumprem do mesmo modo.
import { juntar } from './apoio/juntar.ts';

await juntar('servidor');
