# METADATA
# title: Declared days
# description: What several checks of the declaration share. Functions only; nothing here concludes anything.
package lib.declaration

import data.lib.aws

# Whether this day, in UTC, is over.
over(day) if day.epoch + 86400 <= input.now

# Whether this day has not begun.
ahead(day) if day.epoch > input.now

# Whole days since the day began.
age(day) := aws.days(day.epoch, input.now)
