"""What people do today: the whole document in memory, base64, gzip. Arguments: the document, where to write the body."""
import base64
import gzip
import sys

with open(sys.argv[1], "rb") as file:
    document = file.read()
body = gzip.compress(base64.b64encode(document), 6)
with open(sys.argv[2], "wb") as file:
    file.write(body)
print(len(body))
