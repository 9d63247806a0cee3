"""What pympr raises: one base class, few leaves, each also the built-in it resembles."""


class PymprError(Exception):
    """Base of every error that pympr raises itself."""


class KernelError(PymprError, RuntimeError):
    """A C kernel refused its input or met a case its wrapper should have excluded."""


class DivergenceError(PymprError, RuntimeError):
    """The ranks do not run the same program: plan, action or place in the script differ.

    `exit_code` is what the job ends with when nobody catches the error;
    `failing_rank` is the rank that reports it.
    """

    exit_code = 76
    failing_rank: int | None = None


class RankError(PymprError, RuntimeError):
    """Another rank raised; carries that rank's traceback as text.

    `failing_rank` and `host` say which; `brief` is that rank's exception without its
    traceback; `exit_code` is what the job ends with when nobody catches the error.
    """

    exit_code = 1
    failing_rank: int | None = None
    host = ""
    brief = ""


class LaunchError(PymprError, RuntimeError):
    """The launcher and the MPI library do not belong together."""


class BarrierTimeoutError(PymprError, TimeoutError):
    """Some ranks did not arrive in time."""


class InputError(PymprError, ValueError):
    """Input that cannot be read as asked; names the file and the offset."""


class KeyTypeError(PymprError, TypeError):
    """A key that has no hash which is the same on every rank."""


class OutputExistsError(PymprError, FileExistsError):
    """The output directory is there already."""


class NotSupportedError(PymprError, NotImplementedError):
    """A word of PySpark that cannot be on ranks; says why, and what to write instead."""


class SessionError(PymprError, RuntimeError):
    """An action where none can run: in a function of another action, or after `stop()`."""


class ProgramError(PymprError, RuntimeError):
    """A program that a job started ended with an error; names command, exit code, task and its last words."""


class VerificationError(PymprError, RuntimeError):
    """With `verify=True`: rows were changed where they must not change; names stage, partition and ranks."""


class ScratchError(PymprError, OSError):
    """Rows that do not fit into memory could not be written to the scratch folder, or not be read from it again."""
