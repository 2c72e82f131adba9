"""Secrets are hidden by the names of settings and by their form, and nothing else is."""

from __future__ import annotations

import re

import pytest

from rfmf_spark.config.loading import load_settings
from rfmf_spark.config.redaction import REDACTED, is_secret_name, redact, redact_text
from rfmf_spark.errors import ConfigurationError


@pytest.mark.parametrize(
    "name",
    [
        "spark.hadoop.fs.s3a.secret.key",
        "spark.hadoop.fs.s3a.access.key",
        "spark.hadoop.fs.s3a.session.token",
        "spark.hadoop.fs.azure.account.key.box.dfs.core.windows.net",
        "spark.hadoop.fs.azure.account.oauth2.client.secret",
        "spark.hadoop.fs.azure.sas.trades.box.blob.core.windows.net",
        "spark.hadoop.fs.azure.sas.fixed.token",
        "spark.hadoop.fs.oss.accessKeySecret",
        "spark.hadoop.fs.obs.access-key",
        "spark.ssl.keyStorePassword",
        "spark.hadoop.javax.jdo.option.ConnectionPassword",
        "spark.hadoop.fs.s3a.encryption.key",
        "spark.hadoop.fs.s3a.bucket.trades.session.key",
        "spark.hadoop.ssl.keystore.pass",
        "spark.acme.passphrase",
        "spark.acme.apiKey",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert redact("hush-hush", name) == REDACTED
    assert redact({name: "hush-hush", "spark.ui.enabled": "false"}) == {
        name: REDACTED,
        "spark.ui.enabled": "false",
    }


@pytest.mark.parametrize(
    "name",
    [
        "spark.hadoop.hadoop.security.credential.provider.path",
        "spark.hadoop.fs.s3a.aws.credentials.provider",
        "spark.kerberos.keytab",
        "spark.network.sasl.serverAlwaysEncrypt",
        "input.trades",
    ],
)
def test_providers_and_places_are_shown(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "-Djavax.net.ssl.trustStore=/etc/ts.jks -Djavax.net.ssl.trustStorePassword=a,b;c -Dx=1",
            "-Djavax.net.ssl.trustStore=/etc/ts.jks -Djavax.net.ssl.trustStorePassword=(hidden) "
            "-Dx=1",
        ),
        ('-Da.password="two words" -Db=1', "-Da.password=(hidden) -Db=1"),
        ("https://ann:s3cr/et@repo.acme/maven", "https://ann:(hidden)@repo.acme/maven"),
        ("https://ghp_0123@git.acme/x", "https://(hidden)@git.acme/x"),
        ("s3a://AKIA:abc/def+g@bucket/trades", "s3a://AKIA:(hidden)@bucket/trades"),
        (
            "https://box.blob.core.windows.net/c?sv=2024&sig=aB%2Bc%3D&se=2030",
            "https://box.blob.core.windows.net/c?sv=2024&sig=(hidden)&se=2030",
        ),
        (
            "https://b.s3/x?X-Amz-Credential=AKIA%2F1&X-Amz-Signature=0f1e&X-Amz-Date=2019",
            "https://b.s3/x?X-Amz-Credential=(hidden)&X-Amz-Signature=(hidden)&X-Amz-Date=2019",
        ),
        (
            "AccountName=box;AccountKey=aGVsbG8=;EndpointSuffix=core.windows.net",
            "AccountName=box;AccountKey=(hidden);EndpointSuffix=core.windows.net",
        ),
        (
            "jdbc:postgresql://db/meta?user=hive&password=hush&ssl=true",
            "jdbc:postgresql://db/meta?user=hive&password=(hidden)&ssl=true",
        ),
        ("jdbc:oracle:thin:scott/tiger@//db/x", "jdbc:oracle:thin:scott/(hidden)@//db/x"),
        ("sc://host:15002/;token=hush", "sc://host:15002/;(hidden)"),
        ("Authorization: Bearer eyJhbGciOi.JIUzI1NiJ9", "Authorization: Bearer (hidden)"),
    ],
)
def test_secrets_within_a_text(text: str, shown: str) -> None:
    assert redact_text(text) == shown
    assert redact([text], "spark.driver.extraJavaOptions") == [shown]


@pytest.mark.parametrize(
    "text",
    [
        "hdfs://name:8020/users/ann@acme/trades",
        "abfss://box@account.dfs.core.windows.net/trades",
        "spark://one:7077,two:7077",
        "check the address, its token and the server's log",
        "quality.max_bad_share=0.03, as_of=2019-08-14",
        "-XX:+UseParallelGC -Dfile.encoding=UTF-8",
        "output.root=s3a://bucket/results",
        "sc://host:15002",
        "共 3 行 significant=yes",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert redact_text(text) == text


def test_a_text_that_was_redacted_stays_as_it_is() -> None:
    once = redact_text("-Da.password=hush https://u:pw@h sig=abc sc://h/;token=x")
    assert redact_text(once) == once


def test_values_other_than_text_are_kept_and_lists_are_gone_through() -> None:
    given = {"a": [1, None, {"password": "hush", "b": True}], "token": None}
    assert redact(given) == {"a": [1, None, {"password": REDACTED, "b": True}], "token": None}


def test_no_setting_of_ours_looks_like_a_secret() -> None:
    for profile in ("local", "cluster"):
        shown = load_settings(profile).effective()
        assert REDACTED not in map(str, shown.values())


def test_the_pattern_of_the_user_counts_too() -> None:
    given = {
        "spark.redaction.regex": "(?i)vault|^rule$",
        "spark.acme.Vault.entry": "abc",
        "spark.acme.note": "see vault 7",
        "spark.acme.password": "hush",
        "spark.acme.other": "rules",
    }
    shown = load_settings(None, (), [f"{n}={value}" for n, value in given.items()]).effective()
    assert [shown[name] for name in list(given)[1:]] == [REDACTED, REDACTED, REDACTED, "rules"]


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(None, (), ["spark.redaction.regex=(secret"])
    assert re.fullmatch(
        r"spark\.redaction\.regex is '\(secret': no regular expression \(.*\); correct it",
        str(refused.value),
    )


def test_secrets_at_hand_are_found_wherever_others_quote_them() -> None:
    options = "spark.driver.extraJavaOptions=-Djks.password=Qm9zc3lQYW50cw"
    load_settings(None, (), ["spark.hadoop.fs.azure.account.key.box=U2VjcmV0S2V5", options])
    told = "login with U2VjcmV0S2V5 failed, nor with Qm9zc3lQYW50cw"
    assert redact_text(told) == "login with (hidden) failed, nor with (hidden)"


def test_a_short_secret_does_not_change_words() -> None:
    load_settings(None, (), ["spark.acme.password=fund"])
    assert redact_text("funds of a fund company") == "funds of a fund company"


def test_an_assignment_without_a_value_is_told_without_what_may_be_one() -> None:
    with pytest.raises(ConfigurationError, match=r"^--set \(hidden\): expected key\.sub=value"):
        load_settings(None, (), ["spark.acme.password hush"])
