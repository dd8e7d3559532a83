"""ETag and If-None-Match: who has an object as it is now is told so, in place of being sent it again.

The tag is made of the answer itself, so it can never be older than what it stands for; it saves the way, not the work.
"""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response

TAG_BYTES = 16
# Kept by the client alone, and asked for anew each time.
REVALIDATED = "private, no-cache"


def unless_known(request: HttpRequest, response: Any) -> HttpResponseBase | None:
    """304 in place of a rendered 200 whose tag the client names. For `add_post_render_callback`."""
    response.headers["ETag"] = f'"{hashlib.blake2b(response.content, digest_size=TAG_BYTES).hexdigest()}"'
    response.headers["Cache-Control"] = REVALIDATED
    return get_conditional_response(request, etag=response.headers["ETag"], response=response)
