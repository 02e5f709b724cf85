"""The command from its first word to its exit code; what goes wrong anywhere below is told here."""

from __future__ import annotations

import os
import sys
import traceback
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

# Before anything that has texts is loaded: the language is chosen from the raw arguments.
from proofdesk.cli import _language

if TYPE_CHECKING:
    import click

_FORBIDDEN = {"key", "private-key", "privatekey", "password", "passphrase", "mnemonic", "seed", "secret"}
_FORBIDDEN |= {"keys-password", "phrase", "seed-phrase", "recovery-phrase", "seed-words"}
# So many words of BIP-39 in a row no text has by chance: neither "the" nor "and" nor "is" is one.
_ROW = 12
COMPLETE = "_PROOFDESK_COMPLETE"
_PIPE_CLOSED = 141  # as a shell reports a command that wrote to a closed pipe


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    as_json = "--json" in arguments
    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal that cannot show a character shows its number, as stderr does anyway.
        sys.stdout.reconfigure(errors="backslashreplace")
    is_loaded = False
    try:
        language = _language_of(arguments)
        known = language is None or _language.use(language)
        _language.speak_as_asked()
        # Late: their texts are looked up as they are loaded.
        from proofdesk.cli._root import root

        is_loaded = True
        if arguments[:1] == ["help"]:
            arguments = [*arguments[1:], "--help"]
        if not known:
            names = ", ".join(name.replace("_", "-") for name in _language.languages())
            told = _language._("--lang {language!r}: there are {known}")
            return _fail(_usage(told.format(language=language, known=names)), as_json)
        if _names_a_secret(arguments):
            return _fail(_usage(_secret_advice()), as_json)
        code = _invoke(root, arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read has enough. What is still to be flushed at the end has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and not is_loaded:
            raise  # what tells of it may be half loaded
        return _fail(error, as_json)


def _invoke(root: click.Group, arguments: list[str]) -> int:
    """What click's own `main` does, but for errors, which it would tell in its own way."""
    # Late: this package's first module has seen to it that click is there.
    from click.exceptions import Exit

    if instruction := os.environ.get(COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(root, {}, "proofdesk", COMPLETE, instruction)
    try:
        with root.make_context("proofdesk", arguments) as context:
            root.invoke(context)
    except Exit as end:
        return end.exit_code
    return 0


def _fail(error: BaseException, as_json: bool) -> int:
    from proofdesk.cli import _failures
    from proofdesk.cli._values import clean, document

    code = _failures.code_of(error)
    if isinstance(error, KeyboardInterrupt) and sys.stderr.isatty():
        print(file=sys.stderr)  # after the terminal's ^C
    if code == _failures.BUG:
        told = "".join(traceback.format_exception(error))
        print(clean(_failures.without_secrets(told)), file=sys.stderr)
        print(_language._("proofdesk: this is a fault of proofdesk: please report it"), file=sys.stderr)
    if as_json:
        print(document(_failures.as_json(error)))
    elif code != _failures.BUG or isinstance(error, _failures.InDoubt):
        if _is_help(error):
            print(_failures.message_of(error), file=sys.stderr)
            return code
        if usage := _usage_line(error):
            print(usage, file=sys.stderr)
        print(f"proofdesk: {_failures.shown(error)}", file=sys.stderr)
    return code


def _usage_line(error: BaseException) -> str:
    # Late: most lines are typed well.
    from proofdesk.cli._here import Unanswered

    context = getattr(error, "ctx", None)
    if context is None or isinstance(error, Unanswered):
        return ""
    hint = _language._("Try '{command} --help' for help.").format(command=context.command_path)
    return f"{context.get_usage()}\n{hint}\n"


def _is_help(error: BaseException) -> bool:
    """Whether help is all there is to say, as of a group without a command; only newer clicks say so."""
    import click.exceptions

    return isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ()))


def _usage(message: str) -> Any:
    import click

    return click.UsageError(message)


def _language_of(arguments: list[str]) -> str | None:
    for place, argument in enumerate(arguments):
        if argument == "--lang":
            return arguments[place + 1] if place + 1 < len(arguments) else None
        if argument.startswith("--lang="):
            return argument.partition("=")[2]
    return None


def _names_a_secret(arguments: list[str]) -> bool:
    """Whether a secret is on the command line, by the name of its option or by its look."""
    from proofdesk.cli._command import KEY_LIKE

    for argument in arguments:
        name, _equals, value = argument.partition("=")
        if name.startswith("--") and name[2:].lower() in _FORBIDDEN:
            return True
        # Ids are written with 0x; 64 digits without it are how keys are handed about.
        if any(len(text) == 64 and KEY_LIKE.fullmatch(text) for text in (argument, value)):
            return True
    return _holds_words(" ".join(arguments).lower().split())


def _holds_words(words: list[str]) -> bool:
    """Whether a seed's words are among these."""
    runs = " ".join(word if word.isalpha() and 3 <= len(word) <= 8 else "." for word in words).split(".")
    long = [run.split() for run in runs if len(run.split()) >= _ROW]
    if not long:
        return False
    # Late: it takes longer to load than most lines to be looked at.
    from eth_account.hdaccount.mnemonic import Mnemonic

    known = set(Mnemonic().wordlist)
    marks = (" ".join("x" if word in known else "." for word in run) for run in long)
    return any("x " * (_ROW - 1) + "x" in mark for mark in marks)


def _secret_advice() -> str:
    from proofdesk.cli._command import key_advice

    return key_advice()
