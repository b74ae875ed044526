/// The figures as they come, printed at the end as Markdown.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<[String; 4]>);

impl Table {
    pub(crate) fn row(&mut self, figure: impl Into<String>, floor: &str, goal: &str, measured: String) {
        self.0
            .push([figure.into(), floor.to_owned(), goal.to_owned(), measured]);
    }

    pub(crate) fn print(&self) {
        println!("\n| figure | measured | floor | goal |\n|---|---:|---:|---:|");
        for [figure, floor, goal, measured] in &self.0 {
            println!("| {figure} | {measured} | {floor} | {goal} |");
        }
    }
}
