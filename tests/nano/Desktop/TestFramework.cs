// The difference between nanoFramework.TestFramework and MSTest, on the desktop's side: the same names for what the
// shared tests use of it.

using Microsoft.VisualStudio.TestTools.UnitTesting;
using MSTestAssert = Microsoft.VisualStudio.TestTools.UnitTesting.Assert;

namespace nanoFramework.TestFramework
{
    /// <summary>Marks a class with tests.</summary>
    public sealed class TestClassAttribute : Microsoft.VisualStudio.TestTools.UnitTesting.TestClassAttribute
    {
    }

    /// <summary>Marks a test.</summary>
    public sealed class TestMethodAttribute : Microsoft.VisualStudio.TestTools.UnitTesting.TestMethodAttribute
    {
        /// <summary>Makes the mark; the compiler says where it stands.</summary>
        public TestMethodAttribute(
            [System.Runtime.CompilerServices.CallerFilePath] string path = "",
            [System.Runtime.CompilerServices.CallerLineNumber] int line = -1)
            : base(path, line)
        {
        }
    }

    /// <summary>The asserts that the shared tests use.</summary>
    public static class Assert
    {
        public static void AreEqual(int expected, int actual, string message = "") => MSTestAssert.AreEqual(expected, actual, message);

        public static void AreEqual(uint expected, uint actual, string message = "") => MSTestAssert.AreEqual(expected, actual, message);

        public static void AreEqual(long expected, long actual, string message = "") => MSTestAssert.AreEqual(expected, actual, message);

        public static void AreEqual(string expected, string actual, string message = "") => MSTestAssert.AreEqual(expected, actual, message);

        public static void AreNotEqual(int notExpected, int actual, string message = "") => MSTestAssert.AreNotEqual(notExpected, actual, message);

        public static void IsTrue(bool condition, string message = "") => MSTestAssert.IsTrue(condition, message);

        public static void IsFalse(bool condition, string message = "") => MSTestAssert.IsFalse(condition, message);
    }
}
