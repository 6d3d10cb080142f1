# SPDX-License-Identifier: Apache-2.0
# The order in which the schema's files are joined and run.
set(PGQUE_SQL_FILES)
