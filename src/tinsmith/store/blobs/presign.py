"""A name for what a signed S3 address downloads.

The library that signs cannot add parameters, and S3 counts every parameter as part of what is
signed. So the name is added and the signature computed anew, by AWS Signature Version 4:
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit


def renamed(url: str, filename: str, key_id: str, secret: str) -> str | None:
    """The signed address with a file name in it; None if other credentials signed it.

    Args:
        url: A GET address signed by Signature Version 4.
        filename: What a browser saves the content as.
        key_id: Access key.
        secret: Its secret.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    owner, _, scope = query["X-Amz-Credential"].partition("/")
    if owner != key_id:
        return None
    del query["X-Amz-Signature"]
    query["response-content-disposition"] = disposition(filename)
    encoded = sorted((quote(key, safe=""), quote(value, safe="")) for key, value in query.items())
    canonical = "&".join(f"{key}={value}" for key, value in encoded)
    request = f"GET\n{parts.path}\n{canonical}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{query['X-Amz-Date']}\n{scope}\n{digest}"
    signature = _hmac(_signing_key(secret, scope), text).hex()
    return urlunsplit(parts._replace(query=f"{canonical}&X-Amz-Signature={signature}"))


def disposition(filename: str) -> str:
    """The header that makes a browser save under a name (RFC 6266).

    Folders and control characters go; a name beyond ASCII stands in both forms.
    """
    name = re.sub(r"[\x00-\x1f\x7f]", "", filename.replace("\\", "/").rpartition("/")[2]).strip()
    plain = re.sub(r'[^ -~]|["\\%]', "_", name) or "download"
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{extended if name else ""}'


def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
