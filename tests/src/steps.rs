//! What several journeys do first or again and again: practise, set up, begin a round, answer, unlock.
//!
//! Deliberately not here: judging what the screens show.

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::browser::Browser;
use crate::find::Found;
use crate::server::Server;
use crate::wait::eventually;

/// The passphrase of every region that a journey sets up.
pub const PASSPHRASE: &str = "merel zingt laat in juni";

impl Browser {
    /// Opens practice, which needs no set-up, and waits for its first screen.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn practise(&self, server: &Server) -> Result<()> {
        self.open(&server.url("/oefenen/")).await?;
        self.place("button", "Start tellen").await.map(|_| ())
    }

    /// Begins a round in the first area: two taps and a place.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn begin_round(&self, area: &str) -> Result<()> {
        self.tap("button", "Start tellen").await?;
        self.tap("radio", area).await?;
        self.tap("button", "Begin de ronde").await?;
        self.place("button", "Man, 18+").await.map(|_| ())
    }

    /// From the welcome to the first screen of a region of one: lists, an own phrase, no kit.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn set_up_alone(&self, server: &Server) -> Result<()> {
        self.set_up_to_kit(server).await?;
        self.tap("button", "Sla over").await?;
        self.tap("button", "Ja, zonder code").await?;
        self.place("button", "Start tellen").await.map(|_| ())
    }

    /// The same with the kit written down and proven; gives its rows as they stand on the paper.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn set_up_with_kit(&self, server: &Server) -> Result<Vec<String>> {
        self.set_up_to_kit(server).await?;
        self.prove_kit().await
    }

    /// At the kit: proves its row that is asked for, and waits for the first screen. Gives its rows as they
    /// stand on the paper.
    pub(crate) async fn prove_kit(&self) -> Result<Vec<String>> {
        self.see("Herstelcode op papier").await?;
        let rows = self.prove_row().await?;
        self.place("heading", "Start").await?;
        Ok(rows)
    }

    /// Types the end of the row that is asked for, and goes on.
    async fn prove_row(&self) -> Result<Vec<String>> {
        self.see("Typ de laatste acht tekens").await?;
        let text = self.text().await?;
        let rows = text.lines().filter(|line| line.starts_with("vp1"));
        let rows: Vec<String> = rows.map(str::to_owned).collect();
        let asked = text.split("van regel ").nth(1);
        let asked = asked.and_then(|rest| rest.split_whitespace().next());
        let number: usize = asked.context("no row is asked for")?.parse()?;
        let row = rows
            .get(number - 1)
            .context("no such row")?
            .replace(' ', "");
        let proof = row.get(row.len() - 8..).context("a short row")?;
        self.fill("Typ de laatste acht tekens", proof).await?;
        self.tap("button", "Klaar, begin").await?;
        Ok(rows)
    }

    /// In a fresh browser: types the rows of a region's code and goes on.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn type_kit(&self, server: &Server, rows: &[String]) -> Result<()> {
        self.open(&server.url("/")).await?;
        self.tap("button", "Herstel een regio met de code op papier")
            .await?;
        for (number, row) in rows.iter().enumerate() {
            self.fill(&format!("Regel {}", number + 1), row).await?;
        }
        self.tap("button", "Volgende").await
    }

    /// In a fresh browser: brings a region back by its code, up to the first screen. Gives the rows of the new code.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn recover(
        &self,
        server: &Server,
        rows: &[String],
        name: &str,
    ) -> Result<Vec<String>> {
        let rows = self.recover_to_passphrase(server, rows, name).await?;
        self.end_recovering().await?;
        Ok(rows)
    }

    /// As [`Browser::recover`], up to where the new code was proven and nothing was written.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn recover_to_passphrase(
        &self,
        server: &Server,
        rows: &[String],
        name: &str,
    ) -> Result<Vec<String>> {
        self.type_kit(server, rows).await?;
        self.prove_new_kit(name).await
    }

    /// The same once the code was typed and taken.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn prove_new_kit(&self, name: &str) -> Result<Vec<String>> {
        self.see("De regio is gevonden.").await?;
        self.fill("Jouw naam", name).await?;
        self.tap("button", "Volgende").await?;
        let rows = self.prove_row().await?;
        self.place("heading", "Je wachtzin").await?;
        Ok(rows)
    }

    /// The rest of it.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn end_recovering(&self) -> Result<()> {
        self.choose_passphrase("Klaar, herstel de regio").await?;
        self.place("heading", "Start").await.map(|_| ())
    }

    async fn set_up_to_kit(&self, server: &Server) -> Result<()> {
        self.open(&server.url("/")).await?;
        self.tap("button", "Alleen op dit toestel").await?;
        self.fill("Organisaties die meetellen", "Straatteam")
            .await?;
        self.fill("Gebieden", "Centrum\nStation").await?;
        self.fill_lists_to_kit().await
    }

    /// From lists that are filled in to the first screen, without a kit.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn set_up_from_lists(&self) -> Result<()> {
        self.fill_lists_to_kit().await?;
        self.tap("button", "Sla over").await?;
        self.tap("button", "Ja, zonder code").await?;
        self.place("button", "Start tellen").await.map(|_| ())
    }

    async fn fill_lists_to_kit(&self) -> Result<()> {
        self.tap("button", "Volgende").await?;
        self.tap("button", "Liever een eigen zin").await?;
        self.fill("Je eigen zin", PASSPHRASE).await?;
        self.fill("Typ de wachtzin over", PASSPHRASE).await?;
        self.tap("button", "Volgende").await
    }

    /// Unlocks from the first screen with the passphrase of [`Browser::set_up_alone`].
    ///
    /// # Errors
    /// When it stays locked.
    pub async fn unlock_alone(&self) -> Result<()> {
        self.tap("button", "Ontgrendel om te lezen").await?;
        self.fill("Je wachtzin", PASSPHRASE).await?;
        self.tap("button", "Ontgrendel").await?;
        self.place("button", "Vergrendel").await.map(|_| ())
    }

    /// Taps a field and pastes into it.
    ///
    /// # Errors
    /// When the field cannot be reached.
    pub async fn fill(&self, name: &str, text: &str) -> Result<()> {
        self.tap("textbox", name).await?;
        self.paste(text).await
    }

    /// Answers a question: taps the choice with this label in the group with that legend.
    ///
    /// # Errors
    /// When there is no such question or choice.
    pub async fn answer(&self, question: &str, choice: &str) -> Result<()> {
        let what = format!("\"{choice}\" at \"{question}\"");
        let place = eventually(&what, async || {
            let found = self.choice(question, choice).await?;
            let place = self.place_of(&found).await?;
            self.check_reachable(&found, place).await?;
            Ok(Some(place))
        });
        self.tap_at(place.await?).await
    }

    /// In an open form: the same words, key by key, in every field that takes words. It stays on the last
    /// page. The questionnaire must have its remark switched on.
    ///
    /// # Errors
    /// When a field cannot be reached.
    pub async fn write_everywhere(&self, words: &str) -> Result<()> {
        let night = "Bij familie of vrienden";
        self.answer("Waar slaapt deze persoon?", night).await?;
        self.answer("Hoe weet je dit?", "Zelf gesproken").await?;
        let municipality = "In welke gemeente slaapt deze persoon?";
        self.answer(municipality, "Hengelo").await?;
        self.tap("checkbox", "De soort plek klopt niet").await?;
        let other = "In de noodopvang";
        self.answer("Waar telt deze persoon dan?", other).await?;
        self.write("textbox", "Waarom kies je iets anders?", words)
            .await?;
        self.tap("button", "Volgende").await?;
        self.answer("Hoe oud is deze persoon?", "27 tot 35").await?;
        self.answer("Wat is het geslacht?", "Man").await?;
        self.answer("Zijn er kinderen bij?", "0").await?;
        self.tap("button", "Volgende").await?;
        self.tap("button", "Volgende").await?;
        self.answer("Code tegen dubbel tellen", "Vul in").await?;
        for field in [
            "Eerste twee letters van de voornaam",
            "Eerste twee letters van de achternaam",
            "Opmerking",
        ] {
            self.write("textbox", field, words).await?;
        }
        Ok(())
    }

    /// On the quick form: a man of 27 to 35 in Enschede, kept; the form is empty again.
    ///
    /// # Errors
    /// When a question cannot be answered.
    pub async fn add_quickly(&self) -> Result<()> {
        for (question, choice) in [
            (
                "Waar slaapt deze persoon?",
                "Buiten of op een openbare plek",
            ),
            ("Hoe weet je dit?", "Zelf gesproken"),
            ("In welke gemeente slaapt deze persoon?", "Enschede"),
            ("Hoe oud is deze persoon?", "27 tot 35"),
            ("Wat is het geslacht?", "Man"),
            ("Zijn er kinderen bij?", "0"),
        ] {
            self.answer(question, choice).await?;
        }
        self.tap("button", "Klaar, volgende persoon").await?;
        self.see("Bewaard. Nu de volgende persoon.").await
    }

    /// Whether the choice with this label is the chosen one of that question.
    ///
    /// # Errors
    /// When there is no such question or choice.
    pub async fn answered(&self, question: &str, choice: &str) -> Result<bool> {
        let found = self.choice(question, choice).await?;
        let asked = json!({"backendNodeId": found.node, "fetchRelatives": false});
        let tree = self
            .devtools("Accessibility.getPartialAXTree", asked)
            .await?;
        let properties = tree["nodes"][0]["properties"].as_array();
        Ok(properties.into_iter().flatten().any(|one| {
            one["name"] == "checked" && matches!(one["value"]["value"].as_str(), Some("true"))
        }))
    }

    async fn choice(&self, question: &str, choice: &str) -> Result<Found> {
        let mut group = None;
        for role in ["radiogroup", "group"] {
            group = group.or(self.one(role, question).await?);
        }
        let group = group.with_context(|| format!("there is no question \"{question}\""))?;
        for role in ["radio", "checkbox"] {
            let offered = self.below(group.node, role).await?;
            let exact = offered.iter().find(|found| found.name == choice);
            let found = exact.or_else(|| offered.iter().find(|one| one.name.starts_with(choice)));
            if let Some(found) = found {
                return Ok(found.clone());
            }
        }
        bail!("\"{question}\" does not offer \"{choice}\"")
    }

    /// Waits until what has this name, or a name that begins so, has the focus.
    ///
    /// # Errors
    /// With what has it instead.
    pub async fn focus_on(&self, name: &str) -> Result<()> {
        let what = format!("the focus on \"{name}\"");
        let outcome = eventually(&what, async || {
            let (_, focused) = self.focused().await?;
            Ok(focused.starts_with(name).then_some(()))
        });
        match outcome.await {
            Ok(()) => Ok(()),
            Err(error) => bail!("{error:#}; it is on {:?}", self.focused().await?),
        }
    }

    /// Hits these buttons one after the other as fast as a hand that shakes: nothing is waited for in between.
    ///
    /// # Errors
    /// When one cannot be reached.
    pub async fn hit(&self, buttons: &[&str]) -> Result<()> {
        let mut places = Vec::new();
        for name in buttons {
            places.push(self.place("button", name).await?);
        }
        for place in places {
            self.tap_at(place).await?;
        }
        Ok(())
    }

    /// From now on counts every press of a finger or a mouse that the page gets.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn count_taps(&self) -> Result<()> {
        let script = "if (window.veldpostTaps === undefined) \
            addEventListener('pointerdown', (event) => { \
              if (event.isTrusted) window.veldpostTaps += 1; }, true); \
            window.veldpostTaps = 0";
        self.run(script, json!([])).await.map(|_| ())
    }

    /// How many there were since [`Browser::count_taps`].
    ///
    /// # Errors
    /// When they are not counted, or the page was loaded anew.
    pub async fn taps(&self) -> Result<u64> {
        let counted = self
            .run("return window.veldpostTaps ?? null", json!([]))
            .await?;
        counted.as_u64().context("taps are not being counted here")
    }

    /// Waits until the live region says this.
    ///
    /// # Errors
    /// With what it says instead.
    pub async fn hear(&self, words: &str) -> Result<()> {
        let said = "return [...document.querySelectorAll('[role=status], [role=alert], [aria-live]')]\
            .map((one) => one.textContent.trim()).filter((text) => text).join(' | ')";
        let what = format!("\"{words}\" to be said");
        let heard = eventually(&what, async || {
            let said = self.run(said, json!([])).await?;
            Ok(said
                .as_str()
                .is_some_and(|said| said.contains(words))
                .then_some(()))
        });
        match heard.await {
            Ok(()) => Ok(()),
            Err(error) => bail!("{error:#}; it said: {}", self.run(said, json!([])).await?),
        }
    }
}
