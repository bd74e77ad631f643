/// Lists the cases of the module it stands in, once: makes the function that runs one by its name, and the exported macro
/// that writes a test for each.
macro_rules! suite {
    ($dollar:tt $(#[$doc:meta])* $name:ident for $given:ty: $($case:ident),+ $(,)?) => {
        /// Runs one case.
        ///
        /// # Panics
        /// If it does not hold, or there is none of that name.
        #[doc(hidden)]
        pub async fn run(case: &str, given: $given) {
            match case {
                $(stringify!($case) => $case(given).await,)+
                other => panic!("no case is named {other}"),
            }
        }

        $(#[$doc])*
        #[macro_export]
        macro_rules! $name {
            ($dollar given:expr) => {
                $(
                    #[tokio::test]
                    async fn $case() {
                        let given = $dollar given;
                        $crate::$name::run(stringify!($case), &given).await;
                    }
                )+
            };
        }
    };
}
