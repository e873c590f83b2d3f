import pytest

from chalicelib.composition import install, runtime
from chalicelib.links.tokens import LinkInvalid, Purpose
from chalicelib.pings.policy import PingPolicy
from chalicelib.platform import aws as clients
from chalicelib.platform.settings import Settings
from chalicelib.runtime import Runtime
from tests.conftest import StillClock

pytestmark = pytest.mark.usefixtures("aws")
LIFETIME = PingPolicy().link_lifetime


def test_the_site_url_comes_from_its_parameter_once() -> None:
    made = Runtime(Settings())
    clients.ssm().put_parameter(Name=made.settings.site_url_parameter, Value="https://x.example/api/\n", Type="String")
    assert made.site_url() == "https://x.example/api"
    clients.ssm().delete_parameter(Name=made.settings.site_url_parameter)
    assert made.site_url() == "https://x.example/api"


def test_a_key_that_was_taken_away_is_noticed_within_five_minutes(clock: StillClock) -> None:
    made = Runtime(Settings(), clock)
    clients.secrets().create_secret(Name=made.settings.link_keys_secret, SecretString="old\n\nnew\n")
    token = made.link_signer().sign(Purpose.PING, "x")
    clients.secrets().put_secret_value(SecretId=made.settings.link_keys_secret, SecretString="other")
    clock.pass_(minutes=4, seconds=59)
    assert made.link_signer().read(Purpose.PING, token, LIFETIME).ids == ("x",)
    clock.pass_(seconds=1)
    with pytest.raises(LinkInvalid):
        made.link_signer().read(Purpose.PING, token, LIFETIME)


def test_tests_may_install_a_runtime_of_their_own() -> None:
    made = Runtime(Settings())
    install(made)
    assert runtime() is made
    install(None)
    assert runtime() is not made
    install(None)
