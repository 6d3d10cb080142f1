# SPDX-License-Identifier: Apache-2.0
# The order in which the schema's files are joined and run.
set(PGQUE_SQL_FILES
    roles.sql
    tables.sql
    upgrade.sql
    converge.sql
    internal.sql
    queue.sql
    ticker.sql
    rotation.sql
    send.sql
    consumer.sql
    batch.sql
    nextbatch.sql
    retry.sql
    deadletter.sql
    receive.sql
    cooperative.sql
    triggers.sql
    maintenance.sql
    scheduler.sql
    info.sql
    lifecycle.sql
    uninstallfunction.sql
    handover.sql
    grants.sql)
