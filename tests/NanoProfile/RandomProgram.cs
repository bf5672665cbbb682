// A program made at random: methods that call those before them, with loops that end, early returns, arrays, objects,
// parameters by address, and calls whose order shows in a log.

using System;
using System.Linq;
using System.Text;

namespace NanoBoot.NanoProfile.Tests
{
    /// <summary>Source of some methods and of `Run`.</summary>
    internal sealed class RandomProgram
    {
        private const int Methods = 9;
        private const int Depth = 3;
        private readonly Random _random;
        private readonly StringBuilder _text = new StringBuilder();
        private int _method;
        private int _names;

        public RandomProgram(int seed)
        {
            _random = new Random(seed);
            for (_method = 0; _method < Methods; _method++)
            {
                _text.Append("static int F" + _method + "(int a, long b, byte[] c, Box d, " + (_method % 3 == 0 ? "out " : "ref ") + "int e) { ")
                    .Append(_method % 3 == 0 ? "e = " + Expression(1, "a") + "; " : "")
                    .Append(Block(Depth, "a", "e"))
                    .Append("return " + Expression(2, "a", "e") + "; }\n");
            }

            _text.Append("public static int Run(int x) { int a = x; long b = x * 77L; byte[] c = new byte[8]; Box d = new Box { Value = x }; int e = 1; ")
                .Append(Block(Depth, "a", "e"))
                .Append("a ^= " + Call("a", "e") + "; ")
                .Append(Block(Depth, "a", "e"))
                .Append("return " + Expression(2, "a", "e") + " + e + d.Value + c[3]; }\n");
        }

        public string Text => _text.ToString();

        private string Block(int depth, params string[] variables)
        {
            var block = new StringBuilder();
            for (int i = _random.Next(1, 4); i > 0; i--)
            {
                switch (depth == 0 ? _random.Next(4) : _random.Next(11))
                {
                    case 0:
                        block.Append(Pick(variables.Where(v => !v.StartsWith('y')).ToArray()) + " = " + Expression(2, variables) + "; ");
                        break;

                    case 1:
                        bool isByte = _random.Next(3) == 0;
                        string name = (isByte ? "y" : "v") + _names++;
                        block.Append((isByte ? "byte " + name + " = unchecked((byte)(" : "int " + name + " = ((") + Expression(2, variables) + ")); ");
                        variables = _random.Next(2) == 0 ? variables.Append(name).ToArray() : variables;
                        break;

                    case 2:
                        block.Append("c[" + Expression(1, variables) + " & 7] = unchecked((byte)" + Expression(1, variables) + "); ");
                        break;

                    case 3:
                        block.Append(_random.Next(2) == 0 ? "d.Value += " + Expression(1, variables) + "; " : "b = b * 3 + " + Expression(1, variables) + "; ");
                        break;

                    case 4 or 5:
                        block.Append("if (" + Condition(variables) + ") { " + Block(depth - 1, variables) + "} ");
                        break;

                    case 6:
                        block.Append("if (" + Condition(variables) + ") { " + Block(depth - 1, variables) + "} else { " + Block(depth - 1, variables) + "} ");
                        break;

                    case 7:
                        string counter = "i" + _names++;
                        block.Append("for (int " + counter + " = 0; " + counter + " < " + _random.Next(1, 4) + "; " + counter + "++) { "
                            + Block(depth - 1, variables) + (_random.Next(3) == 0 ? "if (" + Condition(variables) + ") { break; } " : "") + "} ");
                        break;

                    case 8:
                        block.Append("if (" + Condition(variables) + ") { return " + Pick("1", "2", Expression(1, variables)) + "; } ");
                        break;

                    default:
                        // Each method is called once or a few times, by one that follows it.
                        string call = Call(variables);
                        string result = "r" + _names++;
                        block.Append(_random.Next(3) switch
                        {
                            0 => "int " + result + " = " + call + "; if (" + result + " != 1) { " + (_random.Next(2) == 0 ? "return " + result + "; } " : "a ^= " + result + "; } "),
                            1 => "if (" + call + " > " + _random.Next(9) + ") { " + Block(depth - 1, variables) + "} ",
                            _ => call + "; ",
                        });
                        break;
                }
            }

            return block.ToString();
        }

        private string Call(params string[] variables)
        {
            if (_method == 0)
            {
                return "Say(" + Expression(1, variables) + ")";
            }

            int called = _random.Next(3) == 0 ? _random.Next(_method) : _method - 1;
            return "F" + called + "(" + Expression(1, variables) + ", " + Pick("b", "b + 1", "3", Expression(1, variables)) + ", c, "
                + Pick("d", "d", "new Box()", "d.Next ?? d") + ", " + (called % 3 == 0 ? "out" : "ref") + " e)";
        }

        private string Condition(params string[] variables)
        {
            return Expression(1, variables) + " " + Pick("<", ">", "==", "!=", "<=", ">=") + " " + Expression(1, variables);
        }

        private string Expression(int depth, params string[] variables)
        {
            if (depth == 0)
            {
                return _random.Next(3) == 0 ? _random.Next(-2, 300).ToString() : Pick(variables);
            }

            string left = Expression(depth - 1, variables);
            string right = Expression(depth - 1, variables);
            return _random.Next(11) switch
            {
                9 => "(" + left + " > " + right + " ? " + right + " : " + Pick(variables) + ")",
                10 => "(" + left + " == " + right + " ? " + Pick(variables) + " : " + right + ")",
                0 => "Say(" + left + ")",
                1 => "(" + left + " * " + right + ")",
                2 => "(" + left + " ^ " + right + ")",
                3 => "(" + left + " >> 2)",
                4 => "(int)(b & 1023)",
                5 => "d.Get()",
                6 => "(" + left + " > " + right + " ? " + left + " : " + right + ")",
                7 => "c[" + left + " & 7]",
                _ => "(" + left + " + " + right + ")",
            };
        }

        private string Pick(params string[] of) => of[_random.Next(of.Length)];
    }
}
