"""What a person enters to connect a GetResponse account, and where to find it there."""

from ..base import Credential

CREDENTIALS = (
    Credential(
        "api_key",
        "API key",
        help="In GetResponse: Tools > Integrations & API > API > Generate API key. A key unused for 90 days expires.",
        required=False,
    ),
    Credential(
        "access_token",
        "OAuth access token",
        help="Only instead of an API key, when your account is connected by OAuth.",
        required=False,
    ),
)

OPTIONS = (
    Credential(
        "x_domain",
        "MAX domain",
        help="Only for GetResponse MAX: your domain without https:// and without www., for example example.com. "
        "Also set the base URL to https://api3.getresponse360.com/v3 or https://api3.getresponse360.pl/v3.",
        secret=False,
        required=False,
    ),
    Credential(
        "create_tags",
        "Create tags",
        help="yes: a tag that GetResponse does not have yet is made when it is needed. "
        "Empty: the change fails and says which tag is missing.",
        secret=False,
        required=False,
        choices=("yes",),
    ),
    Credential(
        "tag_names",
        "Tag names",
        help="GetResponse's tags have only the letters a to z, digits and _. What to call other tags there, for "
        "example: VIP client = vip; לקוח = customer",
        secret=False,
        required=False,
    ),
)
