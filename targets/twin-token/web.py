"""What both services share beyond how they serve: emails."""

from serving import BadRequest, Handler

EMAIL_LENGTH_MAX = 254


class JsonHandler(Handler):
    """Reads emails and may answer with nothing."""

    def read_email(self):
        """The `email` of the body, which must look like one."""
        body = self.read_json()
        email = body.get("email") if isinstance(body, dict) else None
        if not isinstance(email, str) or not email.isprintable():
            raise BadRequest("the body needs an email")
        name, at, domain = email.partition("@")
        if not (name and at and domain) or " " in email or len(email) > EMAIL_LENGTH_MAX:
            raise BadRequest("the email is not valid")
        return email

    def reply_empty(self, status):
        """Answers without a body."""
        self.send_payload(status, b"")
