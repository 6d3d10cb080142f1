# SPDX-License-Identifier: Apache-2.0
# The order in which the schema's files are joined and run.
set(WORKQUEUE_SQL_FILES
    roles.sql
    earlier.sql
    tables.sql
    send.sql
    claim.sql
    operate.sql
    barrier.sql
    lease.sql
    maintenance.sql
    stats.sql
    lifecycle.sql
    grants.sql)
