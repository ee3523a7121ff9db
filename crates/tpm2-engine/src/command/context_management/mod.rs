//! Part 3, 28: context management.
mod context;
mod evict_control;
mod flush_context;

actions! { ContextSave ContextLoad FlushContext EvictControl }
