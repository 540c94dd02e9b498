"""flux-companion's mails with a real SMTP server, the PyPI package aiosmtpd."""

from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller

from companion import Companion
from testbed import free_port, until

ANSWER_OK = "250 OK"


class Mailbox:
    """The received mails. `answers` are the next answers; after them it accepts everything."""

    def __init__(self):
        self.mails = []
        self.answers = []
        self.refused = []

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = self.answers.pop(0) if self.answers else ANSWER_OK
        if answer != ANSWER_OK:
            self.refused.append(address)
            return answer
        envelope.rcpt_tos.append(address)
        return ANSWER_OK

    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        text = mail.get_body(preferencelist=("plain",)).get_content().strip()
        assert "<img" not in mail.get_body(preferencelist=("html",)).get_content()
        self.mails.append((envelope.rcpt_tos[0], mail["subject"], text, mail["message-id"]))
        return ANSWER_OK


@pytest.fixture
def mailbox():
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()


def mail_section(mailbox):
    return f"mail: {{server: '127.0.0.1:{mailbox.port}', tls: none, from: 'Example Shop <shop@example.com>'}}\n"


def with_mail(testbed, mailbox):
    """A companion that mails every code, with a rule that rewards."""
    companion = Companion(testbed, mail_section(mailbox))
    program = {"enabled": True, "rewardType": "percent", "referrerValue": 20, "refereeValue": 10}
    companion.call("PUT", "/referrals/program", program)
    text = {"on": True, "subject": "Dein Code, {name}", "body": "Für dich: {code}\n{link}"}
    companion.call("PUT", "/referrals/emails", {"codeIssued": text, "invitation": {**text, "subject": "Come, says {name}"}})
    return companion


def customer(companion, name, email=None):
    companion.call("PUT", f"/customers/{name}", {"name": name, "email": email})
    return companion.call("POST", "/referrals/links/issue", {"accountId": "store", "customerId": name})


def test_codes_and_invitations_are_mailed(testbed, mailbox):
    companion = with_mail(testbed, mailbox)
    customer(companion, "nobody")
    link = customer(companion, "joerg", "joerg@example.com")
    invitation = {"accountId": "store", "customerId": "joerg", "email": "friend@example.net"}
    companion.call("POST", "/referrals/invitations", invitation)
    until("both mails", lambda: len(mailbox.mails) == 2)
    (to, subject, text, first_id), (friend, invited, _, second_id) = mailbox.mails
    assert (to, subject) == ("joerg@example.com", "Dein Code, joerg")
    assert text.replace("\r", "") == f"Für dich: {link['code']}\n{link['url']}"
    assert (friend, invited) == ("friend@example.net", "Come, says joerg")
    assert first_id != second_id


def test_deferred_or_refused_mail_delays_no_other(testbed, mailbox):
    companion = with_mail(testbed, mailbox)
    mailbox.answers = ["451 try again later", ANSWER_OK, "550 no such mailbox"]
    for name in ["anna", "berta", "clara"]:
        customer(companion, name, f"{name}@example.com")
    until("the mails", lambda: len(mailbox.mails) == 2)
    assert [to for to, *_ in mailbox.mails] == ["berta@example.com", "anna@example.com"]
    assert mailbox.refused == ["anna@example.com", "clara@example.com"]


def test_refused_login_delays_mails_and_loses_none(testbed, mailbox):
    companion = with_mail(testbed, mailbox)
    mailbox.answers = ["530 authentication required"]
    for name in ["anna", "berta"]:
        customer(companion, name, f"{name}@example.com")
    until("the mails", lambda: len(mailbox.mails) == 2)
    assert [to for to, *_ in mailbox.mails] == ["anna@example.com", "berta@example.com"]


def test_mails_of_a_day_without_a_mail_section_are_sent_afterwards(testbed, mailbox):
    companion = with_mail(testbed, mailbox)
    customer(companion, "anna", "anna@example.com")
    # The mailbox has the mail a moment before the companion has recorded that.
    until("the mail", lambda: len(companion.call("GET", "/mails?status=sent")["items"]) == 1)
    companion.restart("")
    customer(companion, "berta", "berta@example.com")
    companion.restart(mail_section(mailbox))
    customer(companion, "clara", "clara@example.com")
    until("the mails", lambda: len(mailbox.mails) == 3)
    assert [to for to, *_ in mailbox.mails] == ["anna@example.com", "berta@example.com", "clara@example.com"]
