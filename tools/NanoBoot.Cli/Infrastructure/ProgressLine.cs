// Progress of something that takes its time: a bar where somebody looks at a terminal, nothing where output goes to a
// file or to another program.

using System;
using Spectre.Console;

namespace NanoBoot.Cli
{
    internal static class ProgressLine
    {
        /// <summary>Runs something and shows how far it is.</summary>
        /// <param name="context">The console.</param>
        /// <param name="title">What is going on.</param>
        /// <param name="total">The value that means done.</param>
        /// <param name="run">Does it, and reports values up to <paramref name="total"/>.</param>
        public static T Run<T>(CliContext context, string title, long total, Func<IProgress<long>, T> run)
        {
            if (!context.Console.Profile.Capabilities.Interactive)
            {
                return run(new Reporter(_ => { }));
            }

            return context.Console.Progress().AutoClear(true).Start(progress =>
            {
                ProgressTask task = progress.AddTask(Markup.Escape(title), maxValue: total);
                return run(new Reporter(value => task.Value = value));
            });
        }

        /// <summary>Reports in the thread that calls, unlike <see cref="Progress{T}"/>.</summary>
        private sealed class Reporter(Action<long> report) : IProgress<long>
        {
            public void Report(long value) => report(value);
        }
    }
}
