"""O leitor do exercício original, em Python: lê todas as linhas e mostra as primeiras. Não confere nada."""

import os
import sqlite3
import sys

caminho = sys.argv[1]
if not os.path.exists(caminho):
    sys.exit("o banco não existe")
banco = sqlite3.connect(caminho)
total = 0
for usuario in banco.execute("SELECT id, nome, email, criado_em FROM usuarios"):
    total += 1
    if total <= 20:
        print(*usuario)
print(total)
banco.close()
