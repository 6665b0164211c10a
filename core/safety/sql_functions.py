"""PostgreSQL functions that a read may not call: what READ ONLY does not stop, and what hides SQL inside text.

The names come from `pg_proc` of PostgreSQL 15 and 18 and from the contributed and well-known extensions. They are
deny-listed whoever asks; what the credential may call at all is the server's own business.
"""

from collections.abc import Mapping
from types import MappingProxyType

from core.safety.sql_tokens import word_set


def _prefixes(text: str) -> tuple[str, ...]:
    return tuple(text.split())


DENIED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "file": word_set(
            "pg_stat_file pg_show_all_file_settings pg_hba_file_rules pg_ident_file_mappings pg_logdir_ls"
            " pg_import_system_collations pg_export_snapshot get_raw_page"
            " fopen fclose fclose_all fremove frename fcopy fflush put_line new_line"
        ),
        "network": word_set(
            "http http_get http_post http_put http_patch http_delete http_head http_set_curlopt http_reset_curlopt"
            " http_collect_response oracle_execute clickhousedb_raw_query raw_query autonomous_publish"
            " table_import_from_s3 query_export_to_s3 master_run_on_worker"
        ),
        "process": word_set(
            "pg_reload_conf pg_promote pg_log_backend_memory_contexts pg_log_standby_snapshot"
            " pg_get_process_memory_contexts pg_prewarm"
            " autoprewarm_start_worker autoprewarm_dump_now"
        ),
        "setting": word_set("set_config setseed pg_stop_making_pinned_objects pg_extension_config_dump"),
        "sequence": word_set("nextval setval pg_nextoid"),
        "notify": word_set("pg_notify"),
        "wal": word_set("pg_logical_emit_message txid_current pg_current_xact_id"),
        "replication": word_set("pg_sync_replication_slots"),
        "statistics": word_set("pg_stat_force_next_flush pg_stat_statements_reset pg_qualstats_reset"),
        "large_object": word_set(
            "lo_close lo_creat lo_create lo_export lo_from_bytea lo_get lo_import lo_lseek lo_lseek64 lo_manage"
            " lo_open lo_put lo_tell lo_tell64 lo_truncate lo_truncate64 lo_unlink loread lowrite"
        ),
        "maintenance": word_set(
            "gin_clean_pending_list pg_truncate_visibility_map pg_truncate_freespace_map currtid currtid2"
        ),
        "sql_text": word_set("ts_stat ts_rewrite xpath_table"),
        "secret": word_set("pg_stat_get_activity pg_stat_get_backend_activity pg_stat_get_wal_receiver"),
    }
)
"""Exact names by family; the family is named in the refusal (`function.file`)."""

DENIED_PREFIXES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "file": ("pg_read_", "pg_ls_", "pg_file_"),
        "network": ("dblink", "postgres_fdw_", "run_command_on_"),
        "process": ("pg_sleep", "pg_terminate_", "pg_cancel_", "pg_rotate_", "pg_background_"),
        "lock": ("pg_advisory_", "pg_try_advisory_"),
        "wal": _prefixes("pg_switch_ pg_backup_ pg_start_backup pg_stop_backup pg_wal_replay_ pg_xlog_replay_")
        + _prefixes("pg_create_restore_ pg_get_wal_record pg_get_wal_block"),
        "replication": _prefixes("pg_replication_ pg_logical_slot_ pg_create_ pg_drop_ pg_copy_"),
        "statistics": ("pg_stat_reset", "pg_restore_", "pg_clear_"),
        "maintenance": _prefixes("binary_upgrade_ brin_summarize_ brin_desummarize_ heap_force_ pg_set_")
        + _prefixes("pg_buffercache_evict pg_buffercache_mark"),
        "sql_text": _prefixes(
            "query_to_xml table_to_xml schema_to_xml database_to_xml cursor_to_xml crosstab connectby"
        ),
    }
)
"""Beginnings of names, where PostgreSQL or an extension keeps adding to a family."""


DENIED_SCHEMAS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("utl_file", "duckdb"), "file")
    | dict.fromkeys(("utl_http", "aws_lambda", "aws_s3", "azure_storage", "cron"), "network")
    | dict.fromkeys(("dbms_pipe", "dbms_alert"), "notify")
)
"""Schemas of extensions whose every function acts somewhere else, and the family of them."""


def family(name: str) -> str | None:
    """Which family of denied functions a (decoded, folded) name belongs to; None when it may be called."""
    for kind, names in DENIED.items():
        if name in names:
            return kind
    for kind, prefixes in DENIED_PREFIXES.items():
        if name.startswith(prefixes):
            return kind
    return None
