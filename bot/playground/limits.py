"""Slack's limits, each in characters or items unless it says otherwise.

Sources: https://docs.slack.dev/reference/block-kit (one page a block and element),
https://docs.slack.dev/reference/views, https://docs.slack.dev/reference/methods/chat.postMessage.
"""

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
BLOCKS_SIZE = 13_200
"""Not documented: `msg_blocks_too_long` was measured at about this many characters, containers included:
https://github.com/slackapi/bolt-js/issues/2509."""
FALLBACK = 4_000
"""Slack cuts only at 40,000, but asks for 4,000 at most and shows longer texts in pieces; refused here."""
VIEW_SIZE = 250_000
"""Bytes; `view_too_large`: https://docs.slack.dev/reference/methods/views.open#errors."""
METADATA_SIZE = 8_000
"""Not documented; a size nobody needs, so that `metadata_too_large` can be met at all."""
EVENT_TYPE = 255

IDENTIFIER = 255  # action_id, block_id, callback_id, external_id
HEADER = 150
SECTION_TEXT = 3_000
SECTION_FIELDS = 10
FIELD = 2_000
CONTEXT_ELEMENTS = 10
ACTION_ELEMENTS = 25
IMAGE_URL = 3_000
ALT_TEXT = 2_000
IMAGE_TITLE = 2_000
INPUT_LABEL = 2_000
HINT = 2_000
MARKDOWN = 12_000
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLE_CHARACTERS = 10_000
TABLES = 1
CHARTS = 2
CHART_TITLE = 50
CHART_LABEL = 20
CHART_SERIES = 6
CHART_POINTS = 20

BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
BUTTON_URL = 3_000
ACCESSIBILITY_LABEL = 75
OPTION_TEXT = 75
OPTION_VALUE = 150
OPTIONS = 100
OPTION_GROUPS = 100
GROUP_LABEL = 75
CHOICES = 10  # checkboxes and radio buttons
OVERFLOW_OPTIONS = 5
PLACEHOLDER = 150
INPUT_VALUE = 3_000
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30

MODAL_TITLE = 24  # the submit and close labels too
PRIVATE_METADATA = 3_000
