"""Names that a sample may not mention, from the PostgreSQL manual's lists of functions with effects outside the query.

Volatile functions of users' own, views and operators are left to the read-only transaction below.
"""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTIONS = _words(
    """
    set_config pg_reload_conf pg_rotate_logfile pg_rotate_logfile_old pg_current_logfile pg_hba_file_rules
    pg_show_all_file_settings pg_ident_file_mappings pg_config
    nextval setval currval lastval pg_notify pg_listening_channels
    pg_cancel_backend pg_terminate_backend pg_log_backend_memory_contexts pg_promote pg_signal_backend
    pg_backend_memory_contexts pg_stat_get_activity pg_stat_get_backend_activity
    pg_switch_wal pg_switch_xlog pg_create_restore_point pg_wal_replay_pause pg_wal_replay_resume
    pg_start_backup pg_stop_backup pg_backup_start pg_backup_stop pg_logical_emit_message
    pg_export_snapshot pg_log_standby_snapshot pg_checkpoint
    pg_stat_clear_snapshot pg_stat_force_next_flush pg_prewarm autoprewarm_start_worker autoprewarm_dump_now
    lo_creat lo_create lo_import lo_export lo_open lo_close lo_put lo_get lo_unlink lo_from_bytea lo_truncate
    lo_truncate64 lo_lseek lo_lseek64 lo_tell lo_tell64 lowrite loread
    query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema
    table_to_xml table_to_xmlschema table_to_xml_and_xmlschema schema_to_xml schema_to_xmlschema
    schema_to_xml_and_xmlschema database_to_xml database_to_xmlschema database_to_xml_and_xmlschema
    ts_stat ts_rewrite crosstab connectby
    xpath_table exec_query pg_import_system_collations pg_extension_config_dump
    brin_summarize_new_values brin_summarize_range brin_desummarize_range
    gin_clean_pending_list pg_collation_actual_version pg_truncate_visibility_map heap_force_kill heap_force_freeze
    pg_stat_file
    pg_logdir_ls pg_tablespace_databases pg_relation_filepath pg_nextoid pg_stop_making_pinned_objects
    postgres_fdw_disconnect postgres_fdw_disconnect_all postgres_fdw_get_connections
    http http_get http_post http_put http_patch http_delete http_head http_set_curlopt
    txid_current pg_current_xact_id
    plpgsql_call_handler plpgsql_inline_handler plpgsql_validator
    """
)

FUNCTION_PATTERN = re.compile(
    r"""
      dblink.* | pg_sleep.* | pg_read_.* | pg_ls_.* | pg_.*advisory.* | pg_.*replication_slot.* | pg_.*_slot_.*
    | pg_replication_origin_.* | pg_logical_slot_.* | pg_sync_.* | pg_copy_.*_slot | binary_upgrade_.* | pg_backup_.*
    | pg_stat_reset.* | pg_set_.*_stats | pg_clear_.*_stats | pg_restore_.*_stats | crosstab.* | pg_get_wal_.*
    | pg_file_.* | pg_rotate_.* | pg_drop_.* | query_export_to_s3 | table_import_from_s3
    """,
    re.VERBOSE,
)

RELATIONS = _words(
    """
    pg_authid pg_shadow pg_user_mapping pg_user_mappings pg_subscription pg_hba_file_rules pg_ident_file_mappings
    pg_file_settings pg_stat_activity pg_stat_statements pg_stat_replication pg_stat_wal_receiver pg_stat_subscription
    pg_largeobject pg_foreign_server pg_statistic pg_statistic_ext_data user_mapping_options _pg_user_mappings
    foreign_server_options _pg_foreign_servers
    """
)
"""Where the server keeps passwords, connection strings, and what other people are asking right now."""


def denied_function(name: str) -> bool:
    lowered = name.lower()
    return lowered in FUNCTIONS or FUNCTION_PATTERN.fullmatch(lowered) is not None


def denied_relation(name: str) -> bool:
    return name.lower() in RELATIONS
