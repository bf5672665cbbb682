using NanoBoot.Cli;

return CliApplication.Run(args, CliContext.ForProcess());
