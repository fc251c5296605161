trace_shared(); trace_Shared(); trace_one(); trace_one_enabled(); trace_One();
