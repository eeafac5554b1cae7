"""Configuration files of the API server: encryption, admission, authentication, audit."""

from ..instance.context import Agent
from ..node.paths import ADMISSION, API_SERVER_FILES, AUDIT_LOGS, AUDIT_POLICY, AUTHENTICATION, ENCRYPTION
from .admission import admission_configuration
from .audit_policy import audit_policy
from .authentication_config import authentication_configuration
from .encryption_config import encryption_config, key_names

_OWNER_ONLY = 0o600


def write_api_server_files(agent: Agent) -> str:
    """Write all configuration files.

    Raises:
        AgentError: the encryption secret is missing or unusable.
    """
    for folder in (API_SERVER_FILES, AUDIT_LOGS):
        agent.host.path(folder).mkdir(parents=True, exist_ok=True)
        # The audit log shows what every user does.
        agent.host.path(folder).chmod(0o700)
    encryption = refresh_encryption(agent)
    agent.host.write(ADMISSION, admission_configuration(), _OWNER_ONLY)
    agent.host.write(AUTHENTICATION, authentication_configuration(), _OWNER_ONLY)
    agent.host.write(AUDIT_POLICY, audit_policy(), _OWNER_ONLY)
    return f"encryption: {encryption}; admission, authentication, audit"


def refresh_encryption(agent: Agent) -> str:
    """Update the encryption configuration. The API server reloads it within a minute.

    Raises:
        AgentError: the secret is missing or unusable; the present file stays.
    """
    secret = agent.aws.secret(agent.config.control_plane.secrets.encryption)
    changed = agent.host.write(ENCRYPTION, encryption_config(secret), _OWNER_ONLY)
    names = ", ".join(key_names(secret))
    return f"keys {names}, {'new' if changed else 'as they were'}"
