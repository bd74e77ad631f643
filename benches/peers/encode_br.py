"""The same with brotli, as strong as it goes, which is its default. Arguments: the document, where to write the body."""
import base64
import sys

import brotli

with open(sys.argv[1], "rb") as file:
    document = file.read()
body = brotli.compress(base64.b64encode(document))
with open(sys.argv[2], "wb") as file:
    file.write(body)
print(len(body))
