/** Sized for a small machine (two cores, 1 GB free); a larger installation brings its own PostgreSQL. */
export const SETTINGS: Readonly<Record<string, string>> = {
  max_connections: "100",
  shared_buffers: "256MB",
  effective_cache_size: "1GB",
  work_mem: "8MB",
  maintenance_work_mem: "128MB",
  // A checkpoint rewrites whole pages into the log: rarely, and spread out, so that sends do not feel it.
  wal_buffers: "16MB",
  max_wal_size: "2GB",
  min_wal_size: "256MB",
  checkpoint_timeout: "15min",
  checkpoint_completion_target: "0.9",
  wal_level: "replica",
  max_wal_senders: "0",
  // Compiling queries takes longer than running ours.
  jit: "off",
  random_page_cost: "1.1",
  // The change log is append-only and heads are updated all the time: vacuum early, in small steps.
  autovacuum_naptime: "20s",
  autovacuum_vacuum_scale_factor: "0.05",
  autovacuum_analyze_scale_factor: "0.05",
  idle_in_transaction_session_timeout: "60s",
  timezone: "UTC",
  log_timezone: "UTC",
  // Into files of its own: a pipe to Node would break when Node is killed. One file per weekday, a week at most.
  logging_collector: "on",
  log_directory: "log",
  log_filename: "postgresql-%a.log",
  log_truncate_on_rotation: "on",
  log_rotation_age: "1d",
  log_rotation_size: "0",
  log_min_duration_statement: "2000",
  // Statements are logged without their parameters: those are what people write to each other.
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
};
